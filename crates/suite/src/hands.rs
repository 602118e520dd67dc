//! Many pieces of work, shared out among threads.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::progress::{Event, Progress};

/// Does the work for each item on so many threads, and gives what came of each in the order of
/// the items.
///
/// Items are begun in their order. A thread whose work gives `None` begins no other; whoever
/// is to be told of what begins is told by the work.
pub(crate) fn share_out<T: Sync, R: Send>(
    items: &[T],
    jobs: NonZeroUsize,
    progress: &Progress,
    work: impl Fn(usize, &T) -> Option<R> + Sync,
) -> Vec<(usize, R)> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len()));
    let hand = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(came) = items.get(at).and_then(|item| work(at, item)) else {
                return;
            };
            progress.tell(Event::Ends);
            // A list that another thread was adding to is whole.
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            done.push((at, came));
        }
    };
    progress.tell(Event::Begins(items.len()));
    std::thread::scope(|scope| {
        for _ in 1..jobs.get().min(items.len()) {
            scope.spawn(hand);
        }
        hand();
    });
    progress.tell(Event::Over);
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(at, _)| *at);
    done
}
