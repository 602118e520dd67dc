//! `placet test --watch`: the tests run again whenever a policy file changes.
//!
//! Ends when somebody presses Ctrl-C, as by any other signal: a shell sees 130. What the tests
//! came to is on the screen, and no exit code of a run that somebody broke off could be trusted.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use super::once;
use crate::args::{Test, TestFormat};
use crate::error::Error;
use crate::files::is_policy;
use crate::output::{self, Ended, Output, printable};
use crate::render::style::{BOLD, DIM, RESET};
use crate::suites::is_document;

/// Editors write a file in several steps, and people save several files at once.
const QUIET: Duration = Duration::from_millis(100);

/// Changes that do not end are not waited for.
const LONGEST: Duration = Duration::from_secs(2);

/// Runs the tests now and after each change.
pub(super) fn run(args: &Test) -> Result<Ended, Error> {
    if args.format != TestFormat::Text {
        return Err(Error::refused(
            "`--watch` is for people, and its output never ends",
            Some("leave out `--format`, or run once without `--watch`"),
        ));
    }
    if let Some(missing) = args.paths.iter().find(|path| !path.exists()) {
        return Err(Error::refused(
            format!(
                "`{}` does not exist, and cannot be watched",
                missing.display()
            ),
            None,
        ));
    }
    let mut watch = Watch::of(&args.paths)?;
    let mut changed = Vec::new();
    loop {
        // Before the files are read: what changes meanwhile is a change.
        watch.renew()?;
        begin(&changed)?;
        match once(args) {
            Ok(_) => {}
            Err(Error::OutputClosed) => return Err(Error::OutputClosed),
            Err(error) => output::complain(&error),
        }
        wait_for(args)?;
        changed = watch.next_change()?;
    }
}

/// A clean page on a terminal; in a pipe each run stands below the one before.
fn begin(changed: &[PathBuf]) -> Result<(), Error> {
    const MOST: usize = 3;
    let mut out = Output::new();
    if output::is_terminal() {
        out.write("\u{1b}[2J\u{1b}[3J\u{1b}[H")?;
    }
    if !changed.is_empty() {
        let shown = changed.iter().take(MOST);
        let mut names: Vec<String> = shown
            .map(|path| printable(&path.display().to_string()))
            .collect();
        if changed.len() > MOST {
            names.push(format!("{} more", changed.len() - MOST));
        }
        out.line(&format!("{BOLD}changed{RESET}: {}\n", names.join(", ")))?;
    }
    out.flush()
}

fn wait_for(args: &Test) -> Result<(), Error> {
    let paths = args.paths.iter();
    let names: Vec<String> = paths
        .map(|path| printable(&path.display().to_string()))
        .collect();
    let mut out = Output::new();
    out.line(&format!(
        "\n{DIM}watching {}; Ctrl-C ends{RESET}",
        names.join(", ")
    ))?;
    out.flush()
}

struct Watch {
    watcher: RecommendedWatcher,
    events: Receiver<notify::Result<Event>>,
    /// The paths that were named, from the root of the file system.
    roots: Vec<PathBuf>,
    /// Where names of changed files are shown from.
    here: PathBuf,
    watched: BTreeMap<PathBuf, RecursiveMode>,
}

impl Watch {
    fn of(paths: &[PathBuf]) -> Result<Self, Error> {
        let here = std::env::current_dir().map_err(|cause| refused(&cause))?;
        let here = here.canonicalize().unwrap_or(here);
        let (told, events) = mpsc::channel();
        let watcher = notify::recommended_watcher(told).map_err(|cause| refused(&cause))?;
        // What a path leads to now: a link is followed once.
        let roots = paths.iter();
        let roots = roots.map(|path| path.canonicalize().unwrap_or_else(|_| here.join(path)));
        Ok(Self {
            watcher,
            events,
            roots: roots.collect(),
            here,
            watched: BTreeMap::new(),
        })
    }

    /// Watches what is there now. A folder that was deleted and made anew is another one, and
    /// a file that an editor replaces is, too: so that which holds it is watched as well.
    fn renew(&mut self) -> Result<(), Error> {
        let mut wanted: BTreeMap<PathBuf, RecursiveMode> = BTreeMap::new();
        for root in &self.roots {
            if let Some(above) = root.ancestors().skip(1).find(|above| above.is_dir()) {
                let mode = RecursiveMode::NonRecursive;
                wanted.entry(above.to_owned()).or_insert(mode);
            }
            if root.is_dir() {
                wanted.insert(root.clone(), RecursiveMode::Recursive);
            }
        }
        for old in std::mem::take(&mut self.watched).into_keys() {
            // It may be gone, and its watch with it.
            drop(self.watcher.unwatch(&old));
        }
        for (path, mode) in wanted {
            match self.watcher.watch(&path, mode) {
                Ok(()) => {
                    self.watched.insert(path, mode);
                }
                // Gone since it was looked for: what is above it tells when it is back.
                Err(_) if !path.exists() => {}
                Err(cause) => return Err(refused(&cause)),
            }
        }
        Ok(())
    }

    /// Waits for a change and for it to be over; what changed, as it is shown.
    fn next_change(&mut self) -> Result<Vec<PathBuf>, Error> {
        let mut changed = BTreeSet::new();
        while changed.is_empty() {
            let event = self.events.recv().map_err(|cause| refused(&cause))?;
            let lost = self.take(event, &mut changed);
            let started = Instant::now();
            while started.elapsed() < LONGEST {
                let Ok(event) = self.events.recv_timeout(QUIET) else {
                    break;
                };
                self.take(event, &mut changed);
            }
            if lost {
                break;
            }
        }
        Ok(changed.into_iter().collect())
    }

    /// Keeps what an event says has changed, if it matters. Says whether events were lost,
    /// so that anything may have changed.
    fn take(&self, event: notify::Result<Event>, changed: &mut BTreeSet<PathBuf>) -> bool {
        let Ok(event) = event else { return true };
        let lost = event.need_rescan();
        // Reading changes nothing, and the tests read.
        if matches!(event.kind, EventKind::Access(_)) {
            return lost;
        }
        for path in &event.paths {
            if let Some(of) = self.matters(path) {
                let shown = of.strip_prefix(&self.here).unwrap_or(of);
                changed.insert(match shown.as_os_str().is_empty() {
                    true => PathBuf::from("."),
                    false => shown.to_owned(),
                });
            }
        }
        lost
    }

    /// What changes for the tests when a path does: the path itself, if it is or may hold
    /// policy text or a document, or what was named, if it is at or below the path.
    fn matters<'p>(&'p self, path: &'p Path) -> Option<&'p Path> {
        let text = is_policy(path) || is_document(path);
        self.roots.iter().find_map(|root| {
            if root.starts_with(path) {
                return Some(root.as_path());
            }
            // Folders come and go whole.
            let folder = path.extension().is_none() && (path.is_dir() || !path.exists());
            (path.starts_with(root) && (text || folder)).then_some(path)
        })
    }
}

fn refused(cause: &dyn std::fmt::Display) -> Error {
    Error::refused(
        format!("files cannot be watched: {cause}"),
        Some("run without `--watch`"),
    )
}
