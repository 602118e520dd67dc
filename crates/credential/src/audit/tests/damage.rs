//! Every damage is found, and named right.

use std::io::{Seek, SeekFrom, Write};
use std::ops::Range;

use placet_model::digest::sha256;
use proptest::prelude::*;

use super::*;

/// A log of about forty records in three segments.
struct Sample {
    home: Home,
    /// Each record: its segment, its line, and where it stands in the segment's bytes,
    /// line feed included.
    records: Vec<(PathBuf, u64, Range<usize>)>,
}

impl Sample {
    fn new() -> Self {
        Self::of(7_500, entry)
    }

    /// One of short records, where there is much to do.
    fn short() -> Self {
        Self::of(4_000, |number| Entry {
            event: Event::Settle {
                seq: number,
                outcome: Outcome::Ok,
            },
            decision: None,
            rules: Vec::new(),
            user: None,
            credential: None,
            latency: None,
            ..entry(number)
        })
    }

    fn of(segment_bytes: u64, entry: impl Fn(i64) -> Entry) -> Self {
        let home = Home::new();
        let audit = home.open(&settings(8, segment_bytes));
        for number in 0..36 {
            audit.append(&entry(number)).expect("kept");
        }
        drop(audit);
        let mut records = Vec::new();
        let (mut path, mut start) = (PathBuf::new(), 0);
        for (segment, line, text) in lines(&home.folders()) {
            if segment != path {
                (path, start) = (segment.clone(), 0);
            }
            records.push((segment, line, start..start + text.len() + 1));
            start += text.len() + 1;
        }
        let segments = records.iter().filter(|(_, line, _)| *line == 1).count();
        assert_eq!(segments, 3);
        assert!(home.verify().is_ok());
        Self { home, records }
    }

    fn last(&self) -> u64 {
        self.records.len() as u64
    }

    fn texts(&self) -> Vec<String> {
        lines(&self.home.folders())
            .into_iter()
            .map(|(_, _, line)| line)
            .collect()
    }

    fn segments(&self) -> Vec<PathBuf> {
        let mut segments: Vec<PathBuf> = self
            .records
            .iter()
            .map(|(path, _, _)| path.clone())
            .collect();
        segments.dedup();
        segments
    }

    /// Writes lines in place of those that are there, each in its segment, verifies, and
    /// puts everything back.
    fn with_lines(&self, lines: &[(PathBuf, String)]) -> Finding {
        let mut files: Vec<(PathBuf, String)> = self
            .segments()
            .into_iter()
            .map(|path| (path, String::new()))
            .collect();
        for (path, line) in lines {
            let file = files.iter_mut().find(|(file, _)| file == path);
            let (_, text) = file.expect("a segment");
            text.push_str(line);
            text.push('\n');
        }
        let kept: Vec<Vec<u8>> = files
            .iter()
            .map(|(path, text)| {
                let kept = fs::read(path).expect("read");
                fs::write(path, text).expect("written");
                kept
            })
            .collect();
        let finding = self.home.finding();
        for ((path, _), bytes) in files.iter().zip(kept) {
            fs::write(path, bytes).expect("written");
        }
        finding
    }

    fn placed(&self) -> Vec<(PathBuf, String)> {
        self.records
            .iter()
            .map(|(path, _, _)| path.clone())
            .zip(self.texts())
            .collect()
    }
}

/// A line with other content and the hash that it then has.
fn rehashed(line: &str, edit: impl Fn(&str) -> String) -> String {
    let (body, _) = line.rsplit_once(",\"hash\":\"").expect("a hash");
    let body = edit(body);
    let hash = sha256(body.as_bytes());
    format!("{body},\"hash\":\"{hash}\"}}")
}

fn hash_of(line: &str) -> &str {
    let (_, hash) = line.rsplit_once(",\"hash\":\"").expect("a hash");
    hash.trim_end_matches("\"}")
}

/// Writes one byte of a file.
fn put(path: &Path, at: usize, byte: u8) {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .open(path)
        .expect("opened");
    file.seek(SeekFrom::Start(at as u64)).expect("there");
    file.write_all(&[byte]).expect("written");
}

#[test]
fn every_byte_counts() {
    let sample = Sample::short();
    for path in sample.segments() {
        let good = fs::read(&path).expect("read");
        for (at, byte) in good.iter().copied().enumerate() {
            put(&path, at, byte ^ (1 << (at % 8)));
            let finding = sample.home.finding();
            put(&path, at, byte);
            let (seq, (_, line, _)) = (1..)
                .zip(&sample.records)
                .find(|(_, (file, _, range))| *file == path && range.contains(&at))
                .expect("a record");
            assert_eq!(finding.kind, FindingKind::Changed, "{at} {finding}");
            assert_eq!(finding.seq, Some(seq), "{at} {finding}");
            assert_eq!(
                (&finding.file, finding.line),
                (&path, Some(*line)),
                "{at} {finding}"
            );
            let name = path.file_name().expect("a name").to_string_lossy();
            let start = format!("record {seq} ({name}, line {line}) was changed: its ");
            assert!(finding.message.starts_with(&start), "{finding}");
        }
    }
    let head = sample.home.log().join("head");
    let good = fs::read(&head).expect("read");
    for (at, byte) in good.iter().copied().enumerate() {
        put(&head, at, byte ^ (1 << (at % 8)));
        assert_eq!(sample.home.finding().kind, FindingKind::Head, "{at}");
        put(&head, at, byte);
    }
    sample.home.verify().expect("whole again");
}

#[test]
fn every_line_counts() {
    let sample = Sample::short();
    let good = sample.placed();
    let check = |lines: &[(PathBuf, String)], kind: FindingKind, seq: u64| {
        let finding = sample.with_lines(lines);
        assert_eq!((finding.kind, finding.seq), (kind, Some(seq)), "{finding}");
    };
    for (at, seq) in (0..good.len()).zip(1..) {
        let mut removed = good.clone();
        removed.remove(at);
        check(&removed, FindingKind::Missing, seq);

        let (kind, named) = if seq == sample.last() {
            (FindingKind::Unacknowledged, seq + 1)
        } else {
            (FindingKind::Inserted, seq)
        };
        let mut doubled = good.clone();
        doubled.insert(at, good[at].clone());
        check(&doubled, kind, named);

        let mut more = good.clone();
        more.insert(at, (good[at].0.clone(), "{\"seq\":1}".to_owned()));
        check(&more, FindingKind::Inserted, seq);

        for other in at + 1..good.len() {
            let mut swapped = good.clone();
            swapped[at].1 = good[other].1.clone();
            swapped[other].1 = good[at].1.clone();
            check(&swapped, FindingKind::Moved, seq);
        }
        if at > 0 {
            let mut again = good.clone();
            again.insert(at, (good[at].0.clone(), good[0].1.clone()));
            check(&again, FindingKind::Inserted, 1);
        }
        let cut = &good[..at];
        check(cut, FindingKind::Missing, seq);
    }
    sample.home.verify().expect("whole again");
}

#[test]
fn a_record_that_is_changed_with_its_hash_is_named() {
    let sample = Sample::new();
    let good = sample.placed();
    for (at, seq) in (0..good.len()).zip(1..) {
        let mut changed = good.clone();
        changed[at].1 = rehashed(&good[at].1, |body| {
            body.replacen("\"time\":\"2", "\"time\":\"1", 1)
        });
        let finding = sample.with_lines(&changed);
        let kinds = [FindingKind::Changed, FindingKind::Signature];
        assert!(kinds.contains(&finding.kind), "{finding}");
        assert_eq!(finding.seq, Some(seq), "{finding}");
        if at > 0 {
            // What it is chained to.
            let mut unchained = good.clone();
            unchained[at].1 = rehashed(&good[at].1, |body| {
                body.replacen(hash_of(&good[at - 1].1), hash_of(&good[0].1), 1)
            });
            if at > 1 {
                let finding = sample.with_lines(&unchained);
                assert_eq!(finding.seq, Some(seq), "{finding}");
            }
        }
    }
}

#[test]
fn a_log_that_is_written_anew_from_some_record_on_lacks_a_signature() {
    let sample = Sample::new();
    let good = sample.placed();
    for at in 0..good.len() {
        let mut forged = good.clone();
        let mut prev: Option<String> = None;
        for line in forged.iter_mut().skip(at) {
            line.1 = rehashed(&line.1, |body| match &prev {
                None => body.replacen("\"time\":\"2", "\"time\":\"1", 1),
                Some(prev) => {
                    let at = body.find(",\"prev\":\"").expect("chained") + 9;
                    format!("{}{prev}{}", &body[..at], &body[at + prev.len()..])
                }
            });
            prev = Some(hash_of(&line.1).to_owned());
        }
        let finding = sample.with_lines(&forged);
        let next_checkpoint = (at..good.len())
            .find(|at| good[*at].1.contains("\"event\":\"checkpoint\""))
            .map(|at| at as u64 + 1);
        match next_checkpoint {
            Some(seq) => {
                assert_eq!(finding.kind, FindingKind::Signature, "{finding}");
                assert_eq!(finding.seq, Some(seq), "{finding}");
            }
            None => {
                assert!(
                    finding.message.contains("the signed head says"),
                    "{finding}"
                );
            }
        }
    }
}

#[test]
fn every_segment_counts() {
    let sample = Sample::new();
    let home = &sample.home;
    let segments = sample.segments();
    let first_of = |path: &PathBuf| -> u64 {
        let at = sample.records.iter().position(|(file, _, _)| file == path);
        at.expect("a segment") as u64 + 1
    };
    let aside = home.folder.path().join("aside");
    for path in &segments {
        fs::rename(path, &aside).expect("moved");
        let finding = home.finding();
        assert_eq!(
            (finding.kind, finding.seq),
            (FindingKind::Missing, Some(first_of(path))),
            "{finding}"
        );
        fs::rename(&aside, path).expect("moved");

        // A copy of it, under a name that a segment may have, and under one that none has.
        let copied = segments::segment_path(&home.log(), first_of(path) + 1);
        fs::copy(path, &copied).expect("copied");
        assert_eq!(home.finding().kind, FindingKind::Inserted);
        fs::remove_file(&copied).expect("removed");
        let copied = home.log().join("1.jsonl");
        fs::copy(path, &copied).expect("copied");
        assert_eq!(
            home.finding().message,
            "1.jsonl is not named as a segment is"
        );
        fs::remove_file(&copied).expect("removed");

        // A copy in the folder to spill to.
        fs::create_dir_all(home.spill()).expect("made");
        let name = path.file_name().expect("a name");
        fs::copy(path, home.spill().join(name)).expect("copied");
        assert_eq!(home.finding().kind, FindingKind::Inserted);
        fs::remove_dir_all(home.spill()).expect("removed");
    }
    for (at, one) in segments.iter().enumerate() {
        for other in &segments[at + 1..] {
            let swap = || {
                fs::rename(one, &aside).expect("moved");
                fs::rename(other, one).expect("moved");
                fs::rename(&aside, other).expect("moved");
            };
            swap();
            let finding = home.finding();
            assert_eq!(
                (finding.kind, finding.seq),
                (FindingKind::Moved, Some(first_of(one))),
                "{finding}"
            );
            swap();
        }
    }
    home.verify().expect("whole again");
}

#[test]
fn a_log_that_was_set_back_lacks_what_is_known_of_it() {
    let home = Home::new();
    let small = settings(4, 1_500);
    let audit = home.open(&small);
    for number in 0..8 {
        audit.append(&entry(number)).expect("kept");
    }
    drop(audit);
    let old = home.folder.path().join("old");
    copy(&home.log(), &old);
    let audit = home.open(&small);
    for number in 8..12 {
        audit.append(&entry(number)).expect("kept");
    }
    let known = audit.end();
    drop(audit);
    verify(&home.folders(), &home.keys, Some(&known)).expect("whole");
    fs::remove_dir_all(home.log()).expect("removed");
    copy(&old, &home.log());
    home.verify().expect("whole by itself");
    match verify(&home.folders(), &home.keys, Some(&known)) {
        Err(VerifyError::Found(finding)) => {
            assert_eq!(finding.kind, FindingKind::Missing);
            let end = format!("and record {} is known", known.seq);
            assert!(finding.message.ends_with(&end), "{finding}");
        }
        other => panic!("{other:?}"),
    }
    // Another history from there on.
    let audit = home.open(&small);
    for number in 20..30 {
        audit.append(&entry(number)).expect("kept");
    }
    drop(audit);
    match verify(&home.folders(), &home.keys, Some(&known)) {
        Err(VerifyError::Found(finding)) => assert_eq!(finding.seq, Some(known.seq)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn findings_are_sentences() {
    let sample = Sample::new();
    let good = sample.placed();
    let mut said = Vec::new();
    let mut say = |lines: &[(PathBuf, String)]| said.push(sample.with_lines(lines).to_string());
    let mut removed = good.clone();
    removed.drain(3..6);
    say(&removed);
    let mut swapped = good.clone();
    swapped.swap(3, 4);
    say(&swapped);
    let mut doubled = good.clone();
    doubled.insert(4, good[3].clone());
    say(&doubled);
    let mut again = good.clone();
    again.insert(4, good[1].clone());
    say(&again);
    say(&good[..good.len() - 2]);
    let mut more = good.clone();
    more.push(good[3].clone());
    say(&more);
    let mut changed = good.clone();
    changed[3].1 = changed[3].1.replace("T-3", "T-4");
    say(&changed);
    changed[3].1 = rehashed(&changed[3].1, str::to_owned);
    say(&changed);
    changed[3].1.truncate(20);
    say(&changed);
    // Hashes hang on the key.
    let hash = |text: &str| {
        let mut parts = text.split("sha256:");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| text + "sha256:…" + &part[64..])
    };
    let said: Vec<String> = said.iter().map(|text| hash(text)).collect();
    insta::assert_snapshot!(said.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_random_edit_goes_unseen(
        file in 0usize..4,
        at in 0.0f64..1.0,
        removed in 0usize..600,
        inserted in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        static SAMPLE: OnceLock<std::sync::Mutex<Sample>> = OnceLock::new();
        let sample = SAMPLE.get_or_init(|| std::sync::Mutex::new(Sample::new()));
        let sample = sample.lock().expect("one at a time");
        let mut paths = sample.segments();
        paths.push(sample.home.log().join("head"));
        let path = &paths[file];
        let good = fs::read(path).expect("read");
        let start = (at * good.len() as f64) as usize;
        let end = (start + removed).min(good.len());
        let edited = [&good[..start], &inserted, &good[end..]].concat();
        prop_assume!(edited != good);
        fs::write(path, &edited).expect("written");
        let found = sample.home.verify();
        fs::write(path, &good).expect("written");
        let Err(VerifyError::Found(finding)) = found else {
            panic!("{found:?}");
        };
        // The first record that was touched, or the one that now lies there.
        let touched = (1..)
            .zip(&sample.records)
            .find(|(_, (file, _, range))| file == path && range.end > start)
            .map(|(seq, _)| seq);
        match touched {
            Some(seq) => prop_assert_eq!(finding.seq, Some(seq), "{}", finding),
            None => prop_assert!(
                finding.kind == FindingKind::Head || finding.seq.is_some_and(|seq| seq > 1)
            ),
        }
    }
}
