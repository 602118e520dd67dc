//! Times in nanoseconds, and what is made of many of them.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// How long something takes.
pub fn timed<T>(what: impl FnOnce() -> T) -> f64 {
    let begun = Instant::now();
    black_box(what());
    nanos(begun.elapsed())
}

/// What looking at the clock takes; it is taken off every time.
pub fn overhead() -> f64 {
    median((0..2_000).map(|_| timed(|| true)).collect())
}

/// The number in the middle; 0 of none.
pub fn median(mut of: Vec<f64>) -> f64 {
    quantile(&mut of, 0.5)
}

/// A quantile of some numbers; 0 of none.
pub fn quantile(of: &mut [f64], at: f64) -> f64 {
    of.sort_by(f64::total_cmp);
    let place = (of.len().saturating_sub(1) as f64 * at).round() as usize;
    of.get(place).copied().unwrap_or(0.0)
}

/// A time in nanoseconds.
pub fn nanos(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
}
