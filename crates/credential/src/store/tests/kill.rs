//! A process that is killed.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use super::BOUND;
use super::tape::Draw;
use super::whole::{act, present};
use crate::store::{Disk, Store};

/// Where the killed process finds the store, and the first number that is free.
const PATH: &str = "PLACET_TEST_STORE";
const FIRST: &str = "PLACET_TEST_FIRST";

#[test]
fn a_killed_process_loses_nothing_that_it_has_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let mut draw = Draw(7);
    let mut told = Vec::new();
    for round in 0..8_u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", "--test-threads=1"])
            .arg("store::tests::kill::the_process_that_is_killed")
            .env(PATH, &path)
            .env(FIRST, (round * 1_000_000).to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let enough = told.len() + 1 + draw.below(60);
        let mut killed = false;
        // What it told before it died is read to the end.
        while let Some(Ok(line)) = lines.next() {
            if let Some(number) = line
                .strip_prefix("told ")
                .and_then(|line| line.strip_suffix('.'))
            {
                told.push(number.parse::<u64>().unwrap());
            }
            if told.len() >= enough && !killed {
                child.kill().unwrap();
                killed = true;
            }
        }
        child.wait().unwrap();
        assert!(killed, "it ended by itself");
        let store = Disk::open(&path, BOUND).unwrap();
        let present = present(&store);
        let lost: Vec<_> = told
            .iter()
            .filter(|number| !present.contains(number))
            .collect();
        assert!(lost.is_empty(), "round {round}: {lost:?} are lost");
        assert!(store.epoch().unwrap().0 >= told.len() as u64);
    }
}

/// Does nothing but in the process that the other test starts.
#[test]
fn the_process_that_is_killed() {
    let Ok(path) = std::env::var(PATH) else {
        return;
    };
    let first: u64 = std::env::var(FIRST).unwrap().parse().unwrap();
    let store = Disk::open(path.as_ref(), BOUND).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let store = &store;
            scope.spawn(move || {
                for turn in 0..2_500 {
                    let number = first + 2_500 * thread + turn + 1;
                    act(store, number).unwrap();
                    let line = format!("told {number}.\n");
                    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
                }
            });
        }
    });
}
