//! The heap of the whole program: jemalloc, because a sale is thousands of small requests on many threads, and because
//! a long show must give back what a rush, or a plugin that was thrown out, has used.

use tikv_jemallocator::Jemalloc;

#[global_allocator]
static HEAP: Jemalloc = Jemalloc;

/// Threads of the allocator return unused pages to the system after a second, also those of a thread that sleeps.
/// Format: jemalloc(3), "TUNING"; the name is the prefixed `malloc_conf` of `tikv-jemalloc-sys`.
// SAFETY: jemalloc reads this symbol once, as a pointer to a text that ends with a zero; it is that, and never changes.
#[unsafe(export_name = "_rjem_malloc_conf")]
static CONF: Option<&'static std::ffi::c_char> = Some({
    const TEXT: &std::ffi::CStr = c"background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0";
    // SAFETY: a C string holds at least its zero.
    unsafe { &*TEXT.as_ptr() }
});
