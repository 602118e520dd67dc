//! Counts what a thread allocates.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, counted per thread so that threads do not disturb each other.
pub struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
    static LIVE: Cell<i64> = const { Cell::new(0) };
}

/// How many allocations this thread has made.
pub fn count() -> u64 {
    COUNT.get()
}

/// How many bytes this thread has allocated and not freed.
pub fn live() -> i64 {
    LIVE.get()
}

fn note(count: u64, bytes: i64) {
    // While a thread ends, its counters are gone.
    let _ = COUNT.try_with(|own| own.set(own.get() + count));
    let _ = LIVE.try_with(|own| own.set(own.get() + bytes));
}

// SAFETY: everything is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(1, layout.size() as i64);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        note(0, -(layout.size() as i64));
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(1, size as i64 - layout.size() as i64);
        unsafe { System.realloc(pointer, layout, size) }
    }
}
