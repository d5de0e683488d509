//! Prefetching: asking for memory that will be read soon.

/// Prefetches a cache line for every 64 bytes of `values`, counted from the first: into the first-level cache
/// if they will be read within a microsecond (`near`), else into the second. A hint: it changes no result.
#[inline(always)]
pub fn prefetch<T>(values: &[T], near: bool) {
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    for line in values.chunks(64 / size_of::<T>()) {
        use core::arch::x86_64::{_MM_HINT_T0, _MM_HINT_T1, _mm_prefetch};
        let start = line.as_ptr().cast::<i8>();
        // SAFETY: the target has SSE, and a prefetch of any address is harmless.
        unsafe { if near { _mm_prefetch::<_MM_HINT_T0>(start) } else { _mm_prefetch::<_MM_HINT_T1>(start) } }
    }
    #[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
    let _ = (values, near);
}
