//! Disks that fail at every point, and what is left then.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use super::super::disk::Handle;
use super::*;

/// When a disk fails.
#[derive(Clone, Debug)]
struct Faults {
    /// From which operation on.
    from: u64,
    /// For how many.
    count: u64,
    /// Only below this folder.
    below: Option<PathBuf>,
    /// Whether the operation is done all the same.
    done: bool,
}

struct FaultyDisk {
    faults: Faults,
    seen: Arc<AtomicU64>,
}

struct FaultyFile {
    file: Box<dyn Handle>,
    path: PathBuf,
    faults: Faults,
    seen: Arc<AtomicU64>,
}

impl Faults {
    fn hit(&self, path: &Path, seen: &AtomicU64) -> bool {
        if self
            .below
            .as_ref()
            .is_some_and(|below| !path.starts_with(below))
        {
            return false;
        }
        let number = seen.fetch_add(1, Ordering::Relaxed);
        number >= self.from && number - self.from < self.count
    }

    fn run<T>(
        &self,
        path: &Path,
        seen: &AtomicU64,
        act: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<T> {
        if !self.hit(path, seen) {
            return act();
        }
        if self.done {
            act()?;
        }
        Err(io::Error::other("the disk has failed"))
    }
}

impl Disk for FaultyDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn Handle>> {
        let file = self
            .faults
            .run(path, &self.seen, || RealDisk.create(path))?;
        Ok(self.wrap(path, file))
    }

    fn append(&self, path: &Path) -> io::Result<Box<dyn Handle>> {
        let file = self
            .faults
            .run(path, &self.seen, || RealDisk.append(path))?;
        Ok(self.wrap(path, file))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.faults
            .run(from, &self.seen, || RealDisk.rename(from, to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.faults.run(path, &self.seen, || RealDisk.remove(path))
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        // Syncing costs time, and shows nothing unless the machine loses its power.
        self.faults.run(folder, &self.seen, || Ok(()))
    }
}

impl FaultyDisk {
    fn wrap(&self, path: &Path, file: Box<dyn Handle>) -> Box<dyn Handle> {
        Box::new(FaultyFile {
            file,
            path: path.into(),
            faults: self.faults.clone(),
            seen: Arc::clone(&self.seen),
        })
    }
}

impl Handle for FaultyFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Every write is short, and one that fails has written something.
        let short = bytes.len().min(500);
        let (file, faults) = (&mut self.file, &self.faults);
        if faults.hit(&self.path, &self.seen) {
            let some = if faults.done { short } else { short / 2 };
            file.write(&bytes[..some])?;
            return Err(io::Error::other("the disk has failed"));
        }
        file.write(&bytes[..short])
    }

    fn sync(&mut self, length: u64) -> io::Result<()> {
        let path = &self.path;
        self.faults.run(path, &self.seen, || {
            if fs::metadata(path)?.len() == length {
                Ok(())
            } else {
                Err(io::Error::other("another length"))
            }
        })
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        let file = &mut self.file;
        self.faults
            .run(&self.path, &self.seen, || file.truncate(length))
    }
}

/// Appends entries on a disk that fails, then opens the log on a good one and appends
/// more. Tells how many operations there were.
fn check(home: &Home, settings: &FileSettings, faults: Faults) -> u64 {
    let seen = Arc::new(AtomicU64::new(0));
    let disk = |faults: Faults| {
        Arc::new(FaultyDisk {
            faults,
            seen: Arc::clone(&seen),
        })
    };
    let mut opened = 0;
    let mut kept = Vec::new();
    let mut lost = 0;
    if let Ok(audit) = home.open_on(disk(faults.clone()), settings) {
        opened = 9;
        for number in 0..9 {
            let before = audit.lost();
            let appended = audit.append(&entry(number));
            if appended.is_ok() && audit.lost() <= before {
                kept.push(number);
            }
            lost = audit.lost();
        }
        drop(audit);
        // Without opening it again: only a tail may be too much.
        match home.verify() {
            Ok(_) => {}
            Err(VerifyError::Found(finding)) => {
                assert_eq!(
                    finding.kind,
                    FindingKind::Unacknowledged,
                    "{finding} {faults:?}"
                );
            }
            Err(error) => panic!("{error} {faults:?}"),
        }
    }
    let operations = seen.load(Ordering::Relaxed);
    let good = Faults {
        from: EVER,
        ..faults.clone()
    };
    let audit = home.open_on(disk(good), settings).expect("it opens");
    for number in 9..12 {
        audit.append(&entry(number)).expect("kept");
        kept.push(number);
    }
    drop(audit);
    let report = home
        .verify()
        .unwrap_or_else(|error| panic!("{error} {faults:?}"));
    let found = numbers(&home.folders());
    assert!(found.is_sorted(), "{found:?} {faults:?}");
    // All that was acknowledged is there; what is there besides was tried, and refused
    // when it could not be taken back any more.
    let missing: Vec<&i64> = kept.iter().filter(|n| !found.contains(n)).collect();
    assert!(missing.is_empty(), "{missing:?} {faults:?}");
    let more = found.len() - kept.len();
    assert!(more <= 1, "{found:?} {kept:?} {faults:?}");
    if settings.on_failure == OnFailure::Continue && faults.count < 4 {
        // Only what was not told before the end is not told at all.
        let told = report.lost + lost + kept.len() as u64;
        assert_eq!(told, opened + 3, "{faults:?}");
    }
    operations
}

/// A disk that fails at each operation in turn, until there are no more.
fn everywhere(settings: impl Fn(&Home) -> FileSettings, faults: impl Fn(&Home, u64) -> Faults) {
    for from in 0.. {
        let home = Home::new();
        let settings = settings(&home);
        if check(&home, &settings, faults(&home, from)) <= from {
            return;
        }
    }
}

const EVER: u64 = u64::MAX;

fn policies() -> [fn(&Home) -> FileSettings; 3] {
    [
        |_| settings(3, 1_800),
        |_| FileSettings {
            on_failure: OnFailure::Continue,
            ..settings(3, 1_800)
        },
        |home| FileSettings {
            on_failure: OnFailure::Spill(home.spill()),
            ..settings(3, 1_800)
        },
    ]
}

#[test]
fn a_disk_that_fails_once_or_twice_costs_no_record() {
    for policy in policies() {
        for (count, done) in [(1, false), (1, true), (2, false), (3, true)] {
            everywhere(policy, |_, from| Faults {
                from,
                count,
                below: None,
                done,
            });
        }
    }
}

#[test]
fn a_process_that_is_killed_leaves_all_that_was_acknowledged() {
    // From some operation on nothing reaches the disk any more.
    for policy in policies() {
        everywhere(policy, |_, from| Faults {
            from,
            count: EVER,
            below: None,
            done: false,
        });
    }
}

#[test]
fn a_folder_that_fails_is_spilled_from() {
    for count in [1, 5, 20, EVER] {
        for done in [false, true] {
            everywhere(policies()[2], |home, from| Faults {
                from,
                count,
                below: Some(home.log()),
                done,
            });
        }
    }
}

/// A disk that is slow to replace the head, and counts how often it does.
#[derive(Default)]
struct SlowDisk(AtomicU64);

impl Disk for SlowDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn Handle>> {
        RealDisk.create(path)
    }

    fn append(&self, path: &Path) -> io::Result<Box<dyn Handle>> {
        RealDisk.append(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.0.fetch_add(1, Ordering::Relaxed);
        std::thread::sleep(std::time::Duration::from_millis(5));
        RealDisk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove(path)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        RealDisk.sync_folder(folder)
    }
}

#[test]
fn one_write_serves_all_who_wait() {
    let home = Home::new();
    let disk = Arc::new(SlowDisk::default());
    let audit = home
        .open_on(Arc::clone(&disk) as Arc<dyn Disk>, &settings(64, 1 << 20))
        .expect("it opens");
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let audit = &audit;
            scope.spawn(move || {
                for number in 0..20 {
                    audit.append(&entry(thread * 100 + number)).expect("kept");
                }
            });
        }
    });
    drop(audit);
    home.verify().expect("whole");
    let writes = disk.0.load(Ordering::Relaxed);
    assert!(writes < 80, "{writes} writes for 160 entries");
}

#[test]
fn a_log_spills_and_comes_back() {
    let home = Home::new();
    let spilling = FileSettings {
        on_failure: OnFailure::Spill(home.spill()),
        ..settings(4, 4_000)
    };
    let audit = home.open(&spilling);
    for number in 0..3 {
        audit.append(&entry(number)).expect("kept");
    }
    // The folder is gone; what was in it is still known elsewhere.
    let aside = home.folder.path().join("aside");
    fs::rename(home.log(), &aside).expect("moved");
    for number in 3..6 {
        audit.append(&entry(number)).expect("kept");
    }
    fs::rename(&aside, home.log()).expect("moved");
    for number in 6..18 {
        audit.append(&entry(number)).expect("kept");
    }
    drop(audit);
    home.verify().expect("whole");
    assert_eq!(numbers(&home.folders()), (0..18).collect::<Vec<i64>>());
    let moves: Vec<String> = lines(&home.folders())
        .into_iter()
        .filter(|(_, _, line)| line.contains("\"event\":\"move\""))
        .map(|(path, line, _)| {
            let folder = path.parent().and_then(Path::file_name);
            format!("{} {line}", folder.expect("a folder").to_string_lossy())
        })
        .collect();
    assert_eq!(moves, ["spill 1", "audit 1"]);
    // Without the records that were spilled the log is not whole.
    match verify(&[home.log()], &home.keys, None) {
        Err(VerifyError::Found(finding)) => assert_eq!(finding.kind, FindingKind::Missing),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_log_that_is_gone_denies() {
    let home = Home::new();
    let audit = home.open(&settings(4, 1 << 20));
    audit.append(&entry(0)).expect("kept");
    let aside = home.folder.path().join("aside");
    fs::rename(home.log(), &aside).expect("moved");
    let said = audit.append(&entry(1)).expect_err("refused").to_string();
    assert!(
        said.starts_with("the audit could not be written: "),
        "{said}"
    );
    fs::rename(&aside, home.log()).expect("moved");
    audit.append(&entry(2)).expect("kept");
    // A file that was removed can still be written to, which helps nobody.
    let (newest, _, _) = lines(&home.folders()).pop().expect("a record");
    fs::remove_file(newest).expect("removed");
    audit.append(&entry(3)).expect_err("refused");
    audit.append(&entry(4)).expect("kept");
    drop(audit);
    assert_eq!(home.finding().kind, FindingKind::Missing);
}

#[test]
fn what_was_let_go_is_counted_by_the_next_record() {
    let home = Home::new();
    let audit = home.open(&FileSettings {
        on_failure: OnFailure::Continue,
        ..settings(64, 1 << 20)
    });
    audit.append(&entry(0)).expect("kept");
    let aside = home.folder.path().join("aside");
    fs::rename(home.log(), &aside).expect("moved");
    audit.append(&entry(1)).expect("let go");
    audit.append(&entry(2)).expect("let go");
    assert_eq!(audit.lost(), 2);
    fs::rename(&aside, home.log()).expect("moved");
    audit.append(&entry(3)).expect("kept");
    audit.append(&entry(4)).expect("kept");
    assert_eq!(audit.lost(), 0);
    drop(audit);
    assert_eq!(home.verify().expect("whole").lost, 2);
    let told: Vec<bool> = lines(&home.folders())
        .iter()
        .map(|(_, _, line)| line.contains(",\"lost\":2,\"prev\":"))
        .collect();
    assert_eq!(told.iter().filter(|told| **told).count(), 1, "{told:?}");
}
