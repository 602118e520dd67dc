//! What is written, by how many, and what opening makes of it.

use super::*;

#[test]
fn records_are_lines_in_a_fixed_order_of_keys() {
    let home = Home::new();
    let audit = home.open(&settings(64, 1 << 20));
    for number in 0..6 {
        audit.append(&entry(number)).expect("kept");
    }
    let text: Vec<String> = lines(&home.folders())
        .into_iter()
        .map(|(_, _, line)| line)
        .collect();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn a_log_is_taken_up_where_it_was_left() {
    let home = Home::new();
    for round in 0..5 {
        let audit = home.open(&settings(4, 3_000));
        for number in 0..7 {
            audit.append(&entry(round * 7 + number)).expect("kept");
        }
    }
    let report = home.verify().expect("whole");
    assert_eq!(numbers(&home.folders()), (0..35).collect::<Vec<i64>>());
    assert!(report.segments > 2 && report.checkpoints > 7, "{report:?}");
    assert_eq!(report.records, 35 + report.checkpoints);
    assert!(!report.live);
}

#[test]
fn many_threads_append_and_each_record_is_there_when_it_returns() {
    let home = Home::new();
    let audit = home.open(&settings(16, 20_000));
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (audit, home) = (&audit, &home);
            scope.spawn(move || {
                for number in 0..25 {
                    let number = thread * 1_000 + number;
                    audit.append(&entry(number)).expect("kept");
                    let tag = format!("\"task\":\"T-{number}\"");
                    assert!(
                        lines(&home.folders())
                            .iter()
                            .any(|(_, _, line)| line.contains(&tag))
                    );
                }
            });
        }
    });
    assert!(home.verify().expect("whole").live);
    drop(audit);
    let report = home.verify().expect("whole");
    assert_eq!(report.records - report.checkpoints, 200);
    // Each thread's own records stand in the order in which it wrote them.
    let numbers = numbers(&home.folders());
    for thread in 0..8 {
        let own: Vec<i64> = numbers
            .iter()
            .copied()
            .filter(|number| number / 1_000 == thread)
            .collect();
        assert_eq!(
            own,
            (0..25).map(|n| thread * 1_000 + n).collect::<Vec<i64>>()
        );
    }
}

#[test]
fn a_log_has_one_writer() {
    let home = Home::new();
    let audit = home.open(&settings(4, 1_000));
    let said = home.try_open(&settings(4, 1_000)).expect_err("in use");
    assert!(matches!(&said, OpenError::InUse(path) if *path == home.log()));
    assert!(said.to_string().ends_with("is in use by another process"));
    drop(audit);
    home.open(&settings(4, 1_000));
}

#[test]
fn a_tail_that_was_never_acknowledged_is_cut_off_and_told() {
    let check = |tail: &dyn Fn(&str) -> Vec<u8>| {
        let home = Home::new();
        let audit = home.open(&settings(4, 1 << 20));
        for number in 0..6 {
            audit.append(&entry(number)).expect("kept");
        }
        let known = audit.end();
        drop(audit);
        let path = segments::segment_path(&home.log(), 1);
        let good = fs::read_to_string(&path).expect("read");
        let tail = tail(&good);
        fs::write(&path, [good.as_bytes(), &tail].concat()).expect("written");
        let finding = home.finding();
        assert_eq!(finding.kind, FindingKind::Unacknowledged);
        assert_eq!(finding.seq, Some(known.seq + 1));

        let audit = home.open(&settings(4, 1 << 20));
        audit.append(&entry(6)).expect("kept");
        drop(audit);
        home.verify().expect("whole");
        assert_eq!(numbers(&home.folders()), (0..7).collect::<Vec<i64>>());
        let told = format!(
            "\"event\":\"recover\",\"cut_bytes\":{},\"cut\":[\"{}\"],",
            tail.len(),
            placet_model::digest::sha256(&tail)
        );
        let lines = lines(&home.folders());
        assert!(
            lines.iter().any(|(_, _, line)| line.contains(&told)),
            "{told}"
        );
        let kept = path.with_extension("1.cut");
        assert_eq!(fs::read(kept).expect("kept"), tail);
    };
    check(&|_| b"{\"seq\":".to_vec());
    check(&|_| vec![0; 200_000]);
    check(&|_| b"\n".to_vec());
    check(&|good| format!("{}\n", good.lines().last().unwrap_or_default()).into_bytes());
    check(&|good| good.as_bytes().to_vec());
}

#[test]
fn a_log_that_does_not_verify_is_not_appended_to() {
    let check = |damage: &dyn Fn(&Path), said: &str| {
        let home = Home::new();
        let audit = home.open(&settings(64, 1 << 20));
        for number in 0..6 {
            audit.append(&entry(number)).expect("kept");
        }
        drop(audit);
        damage(&home.log());
        let error = home.try_open(&settings(4, 1 << 20)).expect_err("refused");
        let error = error.to_string();
        assert!(error.contains(said), "{error}");
    };
    let segment = "00000000000000000001.jsonl";
    let edit = |folder: &Path, edit: &dyn Fn(String) -> String| {
        let path = folder.join(segment);
        let text = fs::read_to_string(&path).expect("read");
        fs::write(&path, edit(text)).expect("written");
    };
    check(
        &|folder| edit(folder, &|text| text.replacen("T-3", "T-8", 1)),
        "the audit is not appended to: record 4 (00000000000000000001.jsonl, line 4) was changed: \
         its hash is ",
    );
    check(
        &|folder| {
            edit(folder, &|text| {
                text.lines()
                    .take(4)
                    .map(|line| format!("{line}\n"))
                    .collect()
            });
        },
        "record 5 is missing: the log ends with record 4 (00000000000000000001.jsonl, line 4), and \
         the signed head says that it ends with record 6",
    );
    check(
        &|folder| fs::remove_file(folder.join("head")).expect("removed"),
        "the head is missing",
    );
    check(
        &|folder| fs::remove_file(folder.join(segment)).expect("removed"),
        "record 1 is missing",
    );
    check(
        &|folder| {
            let path = folder.join("head");
            let text = fs::read_to_string(&path).expect("read");
            fs::write(&path, text.replacen("\"seq\":6", "\"seq\":5", 1)).expect("written");
        },
        "the head was changed: its signature is not good",
    );
}

#[test]
fn opening_reads_the_last_segment_alone() {
    let home = Home::new();
    let audit = home.open(&settings(4, 1_500));
    for number in 0..12 {
        audit.append(&entry(number)).expect("kept");
    }
    drop(audit);
    fs::write(home.log().join("00000000000000000001.jsonl"), "gone").expect("written");
    home.open(&settings(4, 1_500));
    assert_eq!(home.finding().seq, Some(1));
}

#[test]
fn keys_may_be_changed() {
    let mut home = Home::new();
    let audit = home.open(&settings(2, 1 << 20));
    audit.append(&entry(0)).expect("kept");
    drop(audit);
    let old = home.keys.clone();
    let key = SigningKey::generate(Algorithm::EdDsa).expect("a key");
    home.key = home.folder.path().join("key.pem");
    key.save(&home.key).expect("saved");
    // The new key alone does not tell whether the old head is good.
    home.keys = KeySet::default();
    let said = home.try_open(&settings(2, 1 << 20)).expect_err("refused");
    assert!(
        said.to_string()
            .ends_with("the head was changed: its key is not among the known ones")
    );
    home.keys = old;
    let audit = home.open(&settings(2, 1 << 20));
    audit.append(&entry(1)).expect("kept");
    drop(audit);
    assert_eq!(home.finding().kind, FindingKind::Head);
    home.keys
        .insert(key.verifying_key().clone())
        .expect("another key");
    home.verify().expect("whole");

    let other = SigningKey::generate(Algorithm::Es256).expect("a key");
    let said = FileAudit::open(&home.log(), settings(2, 1), other, &home.keys, at(0));
    assert!(matches!(said, Err(OpenError::Algorithm(_))));
}

#[test]
fn entries_are_kept_in_memory() {
    let audit = MemoryAudit::new();
    audit.append(&entry(1)).expect("kept");
    audit.append(&entry(2)).expect("kept");
    assert_eq!(audit.entries(), [entry(1), entry(2)]);
    assert_eq!(audit.take().len(), 2);
    assert!(audit.entries().is_empty());
}

#[test]
fn the_page_has_a_verifier_that_works() {
    use std::process::Command;

    let page = include_str!("../../../../../docs/reference/audit.md");
    let (_, rest) = page.split_once("```python\n").expect("a program");
    let (program, _) = rest.split_once("```").expect("its end");
    assert!(program.lines().filter(|line| !line.is_empty()).count() <= 20);
    if Command::new("python3").arg("--version").output().is_err() {
        // Nothing can be said here; elsewhere the program is run.
        return;
    }
    let home = Home::new();
    let audit = home.open(&settings(4, 1_500));
    for number in 0..12 {
        audit.append(&entry(number)).expect("kept");
    }
    let end = audit.end();
    drop(audit);
    let run = || {
        let output = Command::new("python3")
            .args(["-c", program])
            .arg(home.log())
            .output()
            .expect("it runs");
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat())
            .trim()
            .to_owned()
    };
    assert_eq!(run(), format!("{} records, {}", end.seq, end.hash));
    let (path, line, text) = lines(&home.folders()).swap_remove(6);
    let file = fs::read_to_string(&path).expect("read");
    fs::write(
        &path,
        file.replace(&text, &text.replacen("agent", "Agent", 1)),
    )
    .expect("written");
    let name = path.file_name().expect("a name").to_string_lossy();
    assert_eq!(
        run(),
        format!("record 7 ({name}, line {line}) is not what it was")
    );
}
