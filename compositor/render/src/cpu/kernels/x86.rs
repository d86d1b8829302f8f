//! The inner loops for x86-64. Most are the scalar loops compiled again with wider registers, which LLVM vectorises
//! well; those that it does not are written out in [`super::x86_avx2`].

use super::{Across, Down, Kernels, scalar, x86_avx2};
use crate::cpu::blend::{self, Mode, Over, Under};
use crate::cpu::surface::PlaneRef;
use crate::cpu::turned::{self, Walk};

/// Makes a table of functions compiled for a feature, and the safe doors to them.
macro_rules! compiled_for {
    ($feature:literal, $($name:ident = $body:path : ($($arg:ident : $type:ty),*);)*) => {
        $(
            pub(super) fn $name($($arg: $type),*) {
                #[target_feature(enable = $feature)]
                fn compiled($($arg: $type),*) {
                    $body($($arg),*);
                }
                // SAFETY: the table that holds this function is handed out only where the feature was detected.
                unsafe { compiled($($arg),*) }
            }
        )*
    };
}

macro_rules! plain_loops {
    ($feature:literal) => {
        use super::*;

        compiled_for! { $feature,
            lerp_level = scalar::lerp_level: (dst: &mut [u8], src: &[u8], level: u8);
            mix_level = scalar::mix_level: (dst: &mut [u8], under: &[u8], over: &[u8], level: u8);
            lerp_mask = scalar::lerp_mask: (dst: &mut [u8], src: &[u8], mask: &[u8]);
            over = scalar::over: (dst: &mut [u8], premultiplied: &[u8], alpha: &[u8]);
            over_level = scalar::over_level: (dst: &mut [u8], premultiplied: &[u8], alpha: &[u8], level: u8);
            over_mask = scalar::over_mask: (dst: &mut [u8], premultiplied: &[u8], alpha: &[u8], mask: &[u8]);
            multiply = scalar::multiply: (dst: &mut [u8], by: &[u8]);
            blend_pair = blend::pair: (under: &mut Under<'_>, over: &Over<'_>, mode: Mode);
            turned = turned::walk: (dst: &mut [u8], plane: PlaneRef<'_>, at: Walk);
        }
    };
}

mod sse41 {
    plain_loops!("sse4.1");

    compiled_for! { "sse4.1",
        mean_of_four = scalar::mean_of_four: (dst: &mut [u8], upper: &[u8], lower: &[u8]);
        halve_left = scalar::halve_left: (dst: &mut [u8], upper: &[u8], lower: &[u8]);
        rows = scalar::rows: (dst: &mut [i16], down: Down<'_>);
        rows_bytes = scalar::rows_bytes: (dst: &mut [u8], down: Down<'_>);
        across = scalar::across: (dst: &mut [u8], src: &[i16], table: Across<'_>);
    }
}

mod avx2 {
    plain_loops!("avx2");

    compiled_for! { "avx2",
        mean_of_four = x86_avx2::mean_of_four: (dst: &mut [u8], upper: &[u8], lower: &[u8]);
        halve_left = x86_avx2::halve_left: (dst: &mut [u8], upper: &[u8], lower: &[u8]);
        rows = x86_avx2::rows: (dst: &mut [i16], down: Down<'_>);
        rows_bytes = x86_avx2::rows_bytes: (dst: &mut [u8], down: Down<'_>);
        across = x86_avx2::across: (dst: &mut [u8], src: &[i16], table: Across<'_>);
    }
}

macro_rules! table {
    ($isa:ident) => {
        Kernels {
            lerp_level: $isa::lerp_level,
            mix_level: $isa::mix_level,
            lerp_mask: $isa::lerp_mask,
            over: $isa::over,
            over_level: $isa::over_level,
            over_mask: $isa::over_mask,
            multiply: $isa::multiply,
            mean_of_four: $isa::mean_of_four,
            halve_left: $isa::halve_left,
            rows: $isa::rows,
            rows_bytes: $isa::rows_bytes,
            across: $isa::across,
            blend_pair: $isa::blend_pair,
            turned: $isa::turned,
        }
    };
}

pub(super) static SSE41: Kernels = table!(sse41);
pub(super) static AVX2: Kernels = table!(avx2);
