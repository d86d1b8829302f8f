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
    /// `sum = a·wa + b·wb`, or added to what is there unless `first`.
    pub(crate) gather_rows: fn(sum: &mut [i32], a: &[u8], b: &[u8], weights: [i16; 2], first: bool),
    /// Sums to values with six bits of fraction.
    pub(crate) settle_rows: fn(dst: &mut [i16], sum: &[i32]),
    /// Sums to bytes.
    pub(crate) settle_bytes: fn(dst: &mut [u8], sum: &[i32]),
    /// Two weighted rows to values with six bits of fraction.
    pub(crate) two_rows: fn(dst: &mut [i16], a: &[u8], b: &[u8], weights: [i16; 2]),
    /// Two weighted rows to bytes.
    pub(crate) two_rows_bytes: fn(dst: &mut [u8], a: &[u8], b: &[u8], weights: [i16; 2]),
    /// One row to values with six bits of fraction.
    pub(crate) widen: fn(dst: &mut [i16], src: &[u8]),
    /// `dst[i]` from `taps` weighted values at `starts[i] − base`; `src` reaches one value beyond the last.
    pub(crate) across: fn(dst: &mut [u8], src: &[i16], table: Across<'_>),
    /// Blend modes other than normal, two rows of luma and one of chroma at a time.
    pub(crate) blend_pair:
        fn(under: &mut super::blend::Under<'_>, over: &super::blend::Over<'_>, mode: super::blend::Mode),
    /// Samples a plane along a turned row.
    pub(crate) turned: fn(dst: &mut [u8], plane: super::surface::PlaneRef<'_>, at: super::turned::Walk),
}

/// One stretch of a scaling table.
#[derive(Clone, Copy)]
pub(crate) struct Across<'a> {
    /// First source sample of each output.
    pub(crate) starts: &'a [u32],
    /// `taps` weights of each output.
    pub(crate) weights: &'a [i16],
    /// The same weights two and two, the first two of every output, then the next two of every output, and so on.
    pub(crate) pairs: &'a [[i16; 2]],
    /// From one output's two weights to its next two.
    pub(crate) pair_stride: usize,
    /// Weights of each output; even.
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
            pairs: self.pairs.get(outputs..).unwrap_or_default(),
            ..self
        }
    }
}
