//! Memory asked for before it is needed. A picture is wider than what a processor foresees by itself: where work goes
//! row by row over several planes, each row's start is a wait of its own: a fifth to a quarter of a scaled frame's time.

/// Bytes that come from memory at once.
const LINE: usize = 64;

/// Asks for the bytes that lie `by` behind those of `row`; nothing happens where there are none.
#[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
#[inline(always)]
pub(crate) fn ahead(row: &[u8], by: usize) {
    #[cfg(target_arch = "x86_64")]
    for line in (0..row.len()).step_by(LINE) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: every x86-64 has SSE, and a request for memory, even of another's or of none, does nothing else.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(row.as_ptr().wrapping_add(line + by).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (row, by, LINE);
}
