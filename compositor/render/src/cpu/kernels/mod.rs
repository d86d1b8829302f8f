//! The inner loops, chosen once for the processor at hand. All of them reckon in the same fixed point, so every
//! table gives the same bytes as [`scalar`].

#[cfg(feature = "bench")]
mod loops;
pub(crate) mod scalar;
#[cfg(target_arch = "x86_64")]
mod x86;
#[cfg(target_arch = "x86_64")]
mod x86_avx2;

#[cfg(feature = "bench")]
pub use loops::{Loop, loops};

use super::surface::PlaneRef;
use crate::ahead::ahead;

/// An instruction set with a table of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    /// Plain Rust; the reference.
    Scalar,
    /// x86-64 with SSE4.1.
    Sse41,
    /// x86-64 with AVX2.
    Avx2,
    /// 64-bit Arm: the plain loops, which there are compiled to NEON.
    Neon,
}

impl Isa {
    /// What this processor can run, best first; ends with `Scalar`.
    #[must_use]
    pub fn available() -> Vec<Self> {
        let mut found = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") {
                found.push(Self::Avx2);
            }
            if is_x86_feature_detected!("sse4.1") {
                found.push(Self::Sse41);
            }
        }
        if cfg!(target_arch = "aarch64") {
            found.push(Self::Neon);
        }
        found.push(Self::Scalar);
        found
    }

    /// As people write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Sse41 => "SSE4.1",
            Self::Avx2 => "AVX2",
            Self::Neon => "NEON",
        }
    }

    /// Its table; the scalar one where this processor can't run it.
    pub(crate) fn kernels(self) -> &'static Kernels {
        let usable = Self::available().contains(&self);
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 if usable => &x86::AVX2,
            #[cfg(target_arch = "x86_64")]
            Self::Sse41 if usable => &x86::SSE41,
            // NEON belongs to every 64-bit Arm, so the plain loops are compiled for it already.
            _ => &scalar::SCALAR,
        }
    }
}

/// One row (or two) of work each. All slices of a call have the length of its first, unless said otherwise.
#[allow(clippy::type_complexity, reason = "each signature stands where it is explained")]
pub(crate) struct Kernels {
    /// `dst = dst·(1−k) + src·k`.
    pub(crate) lerp_level: fn(dst: &mut [u8], src: &[u8], level: u8),
    /// `dst = under·(1−k) + over·k`.
    pub(crate) mix_level: fn(dst: &mut [u8], under: &[u8], over: &[u8], level: u8),
    /// `dst = dst·(1−m) + src·m`.
    pub(crate) lerp_mask: fn(dst: &mut [u8], src: &[u8], mask: &[u8]),
    /// `dst = dst·(1−a) + p`.
    pub(crate) over: fn(dst: &mut [u8], premultiplied: &[u8], alpha: &[u8]),
    /// `dst = dst·(1−a·k) + p·k`.
    pub(crate) over_level: fn(dst: &mut [u8], premultiplied: &[u8], alpha: &[u8], level: u8),
    /// `dst = dst·(1−a·m) + p·m`.
    pub(crate) over_mask: fn(dst: &mut [u8], premultiplied: &[u8], alpha: &[u8], mask: &[u8]),
    /// `dst = dst·by`.
    pub(crate) multiply: fn(dst: &mut [u8], by: &[u8]),
    /// Mean of two pixels in each of two rows; the rows are twice as long as `dst`.
    pub(crate) mean_of_four: fn(dst: &mut [u8], upper: &[u8], lower: &[u8]),
    /// As `mean_of_four` across for left-sited chroma, weights 1, 4, 3; `upper` and `lower` begin one sample early.
    pub(crate) halve_left: fn(dst: &mut [u8], upper: &[u8], lower: &[u8]),
    /// Weighted rows to values with six bits of fraction.
    pub(crate) rows: fn(dst: &mut [i16], down: Down<'_>),
    /// Weighted rows to bytes.
    pub(crate) rows_bytes: fn(dst: &mut [u8], down: Down<'_>),
    /// `dst[i]` from `taps` weighted values at `starts[i] − base`; `src` holds a value for
    /// every weight, also for those that are nothing.
    pub(crate) across: fn(dst: &mut [u8], src: &[i16], table: Across<'_>),
    /// Blend modes other than normal, two rows of luma and one of chroma at a time.
    pub(crate) blend_pair:
        fn(under: &mut super::blend::Under<'_>, over: &super::blend::Over<'_>, mode: super::blend::Mode),
    /// Samples a plane along a turned row.
    pub(crate) turned: fn(dst: &mut [u8], plane: PlaneRef<'_>, at: super::turned::Walk),
}

/// Rows of a plane that make one row, each with its weight.
#[derive(Clone, Copy)]
pub(crate) struct Down<'a> {
    pub(crate) plane: PlaneRef<'a>,
    /// First column; what is made may not reach beyond the plane's last.
    pub(crate) column: usize,
    /// First row.
    pub(crate) row: usize,
    /// One weight a row, even in number; rows beyond the plane's last are taken as that.
    pub(crate) weights: &'a [i16],
}

impl<'a> Down<'a> {
    /// Columns `at` to before `at + len` of the `pair`-th two rows.
    #[inline(always)]
    fn pair(&self, pair: usize, at: usize, len: usize) -> [&'a [u8]; 2] {
        let from = self.column + at;
        let row = |nth: usize| self.plane.row(self.row + nth).get(from..from + len).unwrap_or_default();
        let rows = [row(2 * pair), row(2 * pair + 1)];
        // The next row that is made from this plane is mostly made from the rows below these.
        rows.iter().for_each(|row| ahead(row, self.weights.len() * self.plane.stride));
        rows
    }
}

/// One stretch of a scaling table.
#[derive(Clone, Copy)]
pub(crate) struct Across<'a> {
    /// First source sample of each output.
    pub(crate) starts: &'a [u32],
    /// `taps` weights of each output.
    pub(crate) weights: &'a [i16],
    /// Weights of each output: 2, 4, or a multiple of 8.
    pub(crate) taps: usize,
    /// Source sample that lies first in the row given.
    pub(crate) base: usize,
}

impl Across<'_> {
    /// What is left of the stretch after its first `outputs`.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "only tables with a tail of their own need it"))]
    fn after(self, outputs: usize) -> Self {
        Self {
            starts: self.starts.get(outputs..).unwrap_or_default(),
            weights: self.weights.get(outputs * self.taps..).unwrap_or_default(),
            ..self
        }
    }
}
