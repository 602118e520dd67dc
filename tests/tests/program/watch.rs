//! `placet test --watch`, as a process that runs until somebody stops it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::support::{Folder, program};

/// Long enough for a machine that has much else to do.
const LONG: Duration = Duration::from_secs(30);

/// A test of the policy that `placet init` writes.
const TEST: &str = "test \"own notes are read\" {\n  agent assistant\n  user ana\n  \
                    issue notes read \"note/ana/**\" -> grant by own-notes\n}\n";

/// The starter policy with a test, in one file.
fn policy() -> String {
    Folder::starter().read("policy.placet") + TEST
}

/// The program, watching; ended with the test.
struct Watching {
    child: Child,
    output: Receiver<String>,
    text: String,
}

impl Watching {
    fn start(folder: &Folder, args: &[&str]) -> Self {
        let args = [&["test", "--watch"], args].concat();
        let mut child = program(&args, folder.path())
            .spawn()
            .expect("the program starts");
        let (told, output) = channel();
        let pipes: [Box<dyn Read + Send>; 2] = [
            Box::new(child.stdout.take().expect("a pipe")),
            Box::new(child.stderr.take().expect("a pipe")),
        ];
        for pipe in pipes {
            let told = told.clone();
            std::thread::spawn(move || {
                // Line by line, so that what comes of the two is not mixed within one.
                let mut pipe = BufReader::new(pipe);
                let mut line = Vec::new();
                while let Ok(1..) = pipe.read_until(b'\n', &mut line) {
                    let text = String::from_utf8_lossy(&line).into_owned();
                    line.clear();
                    if told.send(text).is_err() {
                        return;
                    }
                }
            });
        }
        Self {
            child,
            output,
            text: String::new(),
        }
    }

    /// Waits until a run that shows the parts is over; gives what it showed.
    #[track_caller]
    fn shows(&mut self, parts: &[&str]) -> String {
        let end = Instant::now() + LONG;
        loop {
            if let Some(at) = self.text.find("Ctrl-C ends\n") {
                let shown = self.text[..at].to_owned();
                // Standard error comes by another way, and may be a little late.
                if parts.iter().all(|part| self.text.contains(part)) {
                    self.text.clear();
                    return shown;
                }
            }
            let left = end.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(text) => self.text.push_str(&text),
                Err(_) => panic!("{parts:?} is not shown:\n{}", self.text),
            }
        }
    }

    /// Nothing is run for a while.
    #[track_caller]
    fn rests(&mut self) {
        let found = self.output.recv_timeout(Duration::from_millis(700));
        assert!(found.is_err(), "{found:?}");
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn every_change_is_run_and_nothing_else_is() {
    let folder = Folder::new();
    folder
        .file("policy.placet", policy())
        .file("rules/more.placet", "deny nobody { user none }\n");
    let mut run = Watching::start(&folder, &["."]);
    let first = run.shows(&["passed: 1 test", "watching .; "]);
    assert!(
        !first.contains("changed") && !first.contains('\u{1b}'),
        "{first}"
    );
    run.rests();
    // A rule is broken, and mended.
    let policy = folder.read("policy.placet");
    let broken = policy.replace("action   read, write", "action   write");
    folder.file("policy.placet", &broken);
    run.shows(&[
        "changed: policy.placet\n",
        "failed: 1 of 1 test",
        "no  action write",
    ]);
    // As editors do it: a new file takes the place of the old one.
    folder.file("policy.placet.swp", &policy);
    std::fs::rename(
        folder.path().join("policy.placet.swp"),
        folder.path().join("policy.placet"),
    )
    .expect("it can be renamed");
    run.shows(&["changed: policy.placet\n", "passed: 1 test"]);
    // A new file, in a new folder.
    folder.file("tests/new.placet", "test \"nothing happens\" {}\n");
    run.shows(&["changed: tests", "passed: 2 tests"]);
    // An error is shown, and is not the end.
    folder.file(
        "rules/more.placet",
        "deny nobody { user non }\n deny x { agent zz }\n",
    );
    run.shows(&[
        "changed: rules/more.placet",
        "PL0103",
        "the policy has errors",
    ]);
    // A folder goes with what is wrong in it.
    std::fs::remove_dir_all(folder.path().join("rules")).expect("it can be removed");
    run.shows(&["passed: 2 tests"]);
    // What is no policy is nobody's business.
    folder.file("notes.txt", "x");
    run.rests();
}

#[test]
fn a_folder_that_was_deleted_is_watched_when_it_is_back() {
    let folder = Folder::new();
    let policy = policy();
    folder.file("desk/policy.placet", &policy);
    let mut run = Watching::start(&folder, &["desk"]);
    run.shows(&["passed: 1 test"]);
    std::fs::remove_dir_all(folder.path().join("desk")).expect("it can be removed");
    run.shows(&["changed: desk", "error"]);
    folder.file("desk/policy.placet", &policy);
    run.shows(&["passed: 1 test"]);
    folder.file(
        "desk/policy.placet",
        policy.replace("action   read, write", "action   write"),
    );
    run.shows(&["changed: desk/policy.placet", "failed: 1 of 1 test"]);
    // One file alone, and its neighbours are none of its business.
    let mut one = Watching::start(&folder, &["desk/policy.placet"]);
    one.shows(&["failed: 1 of 1 test"]);
    folder.file("desk/other.placet", "deny x { user none }\n");
    one.rests();
}

#[cfg(unix)]
#[test]
fn it_ends_by_the_signal_that_ends_it() {
    use std::os::unix::process::ExitStatusExt;
    let folder = Folder::new();
    folder.file("policy.placet", policy());
    let mut run = Watching::start(&folder, &["."]);
    run.shows(&["passed: 1 test"]);
    let pid = run.child.id().to_string();
    let sent = Command::new("kill").args(["-INT", &pid]).status();
    assert!(sent.expect("kill runs").success());
    let status = run.child.wait().expect("it ends");
    assert_eq!(status.signal(), Some(2), "a shell makes 130 of it");
}

#[test]
fn it_is_for_people_and_for_what_is_there() {
    let folder = Folder::starter();
    for format in ["json", "junit"] {
        folder
            .run(&["test", ".", "--watch", "--format", format])
            .ends(2)
            .says("`--watch` is for people");
    }
    folder
        .run(&["test", "nowhere", "--watch"])
        .ends(2)
        .says("`nowhere` does not exist");
}
