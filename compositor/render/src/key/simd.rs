//! One body, compiled for every instruction set and chosen at run time.
//!
//! The bodies are plain loops over slices that the compiler turns into vectors. Integers are fixed point and
//! floats are never contracted to fused multiply-adds, so every level gives the same bits as the portable one.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Isa {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Sse41,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

/// An instruction set that this processor has. Only detection makes one: that is what makes dispatch sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level(Isa);

impl Level {
    /// The best level of this processor.
    #[must_use]
    pub fn best() -> Self {
        Self::here().last().copied().unwrap_or(Self(Isa::Portable))
    }

    /// Every level of this processor, the portable one first.
    #[must_use]
    pub fn here() -> Vec<Self> {
        #[allow(unused_mut, reason = "other architectures have the portable level alone")]
        let mut levels = vec![Self(Isa::Portable)];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("sse4.1") {
                levels.push(Self(Isa::Sse41));
            }
            if is_x86_feature_detected!("avx2") {
                levels.push(Self(Isa::Avx2));
            }
            if is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx2")
            {
                levels.push(Self(Isa::Avx512));
            }
        }
        levels
    }

    /// Its name for figures: `AVX2`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.0 {
            Isa::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Isa::Sse41 => "SSE4.1",
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => "AVX2",
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => "AVX-512",
        }
    }

    pub(crate) const fn isa(self) -> Isa {
        self.0
    }
}

/// Declares `fn name(level; args)` whose body is compiled once per instruction set.
macro_rules! by_level {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $body:block) => {
        $(#[$meta])*
        #[allow(clippy::too_many_arguments, reason = "a kernel takes its rows one by one, so that none alias")]
        $vis fn $name(level: $crate::key::simd::Level, $($arg: $ty),*) {
            #[allow(clippy::inline_always, reason = "only code inlined into the caller takes its instruction set")]
            #[inline(always)]
            fn body($($arg: $ty),*) $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "sse4.1")]
                fn sse41($($arg: $ty),*) {
                    body($($arg),*);
                }
                #[target_feature(enable = "avx2")]
                fn avx2($($arg: $ty),*) {
                    body($($arg),*);
                }
                #[target_feature(enable = "avx2,avx512f,avx512bw,avx512dq,avx512vl")]
                fn avx512($($arg: $ty),*) {
                    body($($arg),*);
                }
                match level.isa() {
                    $crate::key::simd::Isa::Portable => body($($arg),*),
                    // SAFETY: a `Level` of this name exists only where the processor was found to have it.
                    $crate::key::simd::Isa::Sse41 => unsafe { sse41($($arg),*) },
                    // SAFETY: as above.
                    $crate::key::simd::Isa::Avx2 => unsafe { avx2($($arg),*) },
                    // SAFETY: as above.
                    $crate::key::simd::Isa::Avx512 => unsafe { avx512($($arg),*) },
                }
            }
            #[cfg(not(target_arch = "x86_64"))]
            {
                let _ = level;
                body($($arg),*);
            }
        }
    };
}

pub(crate) use by_level;
