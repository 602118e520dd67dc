//! Crashes at every point where something is written.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::samples::look;
use super::tape::{Draw, Op, Tape, images};
use super::whole::{act, present};
use crate::store::{Ask, Disk, Store, StoreError};

/// What a caller was told, and how much had been done to the disk by then.
#[derive(Debug, Default)]
struct Told {
    /// Transactions.
    acknowledged: Vec<(usize, u64)>,
    /// Epochs.
    observed: Vec<(usize, u64)>,
}

impl Told {
    fn act(
        told: &Mutex<Self>,
        store: &dyn Store,
        tape: &Tape,
        number: u64,
    ) -> Result<(), StoreError> {
        act(store, number)?;
        told.lock()
            .unwrap()
            .acknowledged
            .push((tape.done(), number));
        let seen = match number % 2 {
            0 => store.epoch()?,
            _ => look(store, &Ask::default())?.epoch,
        };
        told.lock().unwrap().observed.push((tape.done(), seen.0));
        Ok(())
    }

    /// Whether a store still knows what was told by then.
    fn check(&self, store: &dyn Store, done: usize, context: &str) -> BTreeSet<u64> {
        let present = present(store);
        for (when, number) in &self.acknowledged {
            let kept = *when > done || present.contains(number);
            assert!(kept, "{context}: {number} is lost");
        }
        for (when, epoch) in &self.observed {
            let kept = *when > done || store.epoch().unwrap().0 >= *epoch;
            assert!(kept, "{context}: epoch {epoch} is taken back");
        }
        present
    }
}

/// Crashes everywhere in what was done to a disk, now and then also while that is repaired.
fn crash_everywhere(start: &[u8], log: &[Op], told: &Told) {
    let mut draw = Draw(0x9e37_79b9_7f4a_7c15);
    for done in 0..=log.len() {
        for (variant, image) in images(start, log, done, &mut draw).into_iter().enumerate() {
            let context = format!("crash after {done} of {}, variant {variant}", log.len());
            let tape = Tape::with(image.clone());
            let store = tape
                .open()
                .unwrap_or_else(|error| panic!("{context}: {error}"));
            let present = told.check(&store, done, &context);
            act(&store, 1_000_000).unwrap();
            drop(store);
            let repair = tape.log();
            let store = tape.open().unwrap();
            assert_eq!(told.check(&store, done, &context).len(), present.len() + 1);
            if draw.below(60) == 0 {
                for again in 0..=repair.len() {
                    for image in images(&image, &repair, again, &mut draw) {
                        let context = format!("{context}, crash after {again} of the repair");
                        told.check(&Tape::with(image).open().unwrap(), done, &context);
                    }
                }
            }
        }
    }
}

#[test]
fn one_caller_loses_nothing_that_it_was_told() {
    let tape = made();
    let start = tape.bytes();
    let told = Mutex::default();
    let mut store = tape.open().unwrap();
    for number in 1..=8 {
        Told::act(&told, &store, &tape, number).unwrap();
        if number == 5 {
            store.close().unwrap();
            store = tape.open().unwrap();
        }
    }
    drop(store);
    crash_everywhere(&start, &tape.log(), &told.into_inner().unwrap());
}

#[test]
fn many_callers_lose_nothing_that_they_were_told() {
    const THREADS: u64 = 6;
    const EACH: u64 = 3;
    let tape = made();
    let start = tape.bytes();
    let told = Mutex::default();
    let store = tape.open().unwrap();
    tape.slow_sync(Duration::from_millis(5));
    let before = tape.done();
    together(THREADS, |thread| {
        for turn in 0..EACH {
            Told::act(&told, &store, &tape, 1 + thread * EACH + turn).unwrap();
        }
    });
    let log = tape.log();
    let syncs = log[before..]
        .iter()
        .filter(|op| matches!(op, Op::Sync))
        .count();
    // Two each without groups.
    assert!(syncs < (THREADS * EACH) as usize, "{syncs} syncs");
    assert_eq!(present(&store).len() as u64, THREADS * EACH);
    drop(store);
    crash_everywhere(&start, &log, &told.into_inner().unwrap());
}

#[test]
fn a_disk_that_fails_fails_the_store_until_it_is_opened_again() {
    let start = made().bytes();
    for operations in 0.. {
        let tape = Tape::with(start.clone());
        let told = Mutex::default();
        let store = tape.open().unwrap();
        tape.fail_after(operations);
        let failed = (1..=3).any(|number| Told::act(&told, &store, &tape, number).is_err());
        if !failed {
            break;
        }
        if act(&store, 4).is_ok() {
            panic!("a store goes on after {operations} operations");
        }
        fails(&store);
        let done = tape.done();
        drop(store);
        let told = told.into_inner().unwrap();
        let store = Tape::with(tape.bytes()).open().unwrap();
        told.check(&store, done, &format!("failure after {operations}"));
        act(&store, 5).unwrap();
    }
}

#[test]
fn a_failure_of_the_common_commit_fails_all_that_wait_for_it() {
    let start = made().bytes();
    for operations in 0.. {
        let tape = Tape::with(start.clone());
        let told = Mutex::default();
        let store = tape.open().unwrap();
        tape.slow_sync(Duration::from_millis(2));
        tape.fail_after(operations);
        let failed = AtomicBool::new(false);
        together(6, |thread| {
            let mut done =
                (0..3).map(|turn| Told::act(&told, &store, &tape, 1 + 3 * thread + turn));
            if done.any(|done| done.is_err()) {
                failed.store(true, Ordering::Relaxed);
            }
        });
        if !failed.into_inner() {
            break;
        }
        fails(&store);
        let done = tape.done();
        drop(store);
        let store = Tape::with(tape.bytes()).open().unwrap();
        let told = told.into_inner().unwrap();
        told.check(&store, done, &format!("failure after {operations}"));
    }
}

/// A disk with a store on it, of which nothing is written down yet.
fn made() -> Tape {
    let tape = Tape::default();
    drop(tape.open().unwrap());
    Tape::with(tape.bytes())
}

fn fails(store: &Disk) {
    assert!(matches!(store.epoch(), Err(StoreError::Failed(_))));
    assert!(matches!(
        look(store, &Ask::default()),
        Err(StoreError::Failed(_))
    ));
    assert!(store.credentials(&crate::store::Filter::default()).is_err());
}

fn together(threads: u64, act: impl Fn(u64) + Sync) {
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let act = &act;
            scope.spawn(move || act(thread));
        }
    });
}
