//! Who acted for whom.

use placet_model::credential::Scope;

use super::*;
use crate::id::CredentialId;

fn call(seconds: i64, chain: &[(&CredentialId, &str)], tool: &str, reason: Reason) -> Entry {
    let links: Vec<Link> = chain
        .iter()
        .map(|(id, agent)| Link {
            credential: id.as_str().into(),
            agent: (*agent).into(),
        })
        .collect();
    let last = links.last().cloned();
    Entry {
        time: at(seconds),
        event: Event::Call {
            tool: tool.into(),
            requests: vec![("read".into(), "ticket/acme/42".into())],
            audiences: Vec::new(),
            digest: "sha256:00".into(),
            clear: Vec::new(),
            seq: None,
        },
        decision: Some(reason),
        rules: vec!["main/triage-tickets".into()],
        agent: last.as_ref().map(|link| link.agent.clone()),
        user: Some("ana".into()),
        task: Some("T-1".into()),
        credential: last.map(|link| link.credential),
        chain: links,
        policy: Some("sha256:p".into()),
        latency: None,
    }
}

fn issue(seconds: i64, by: Option<&str>, chain: &[(&CredentialId, &str)], ok: bool) -> Entry {
    let reason = if ok { Reason::Granted } else { Reason::NoGrant };
    let asked = vec![ScopeRequest {
        tool: "zendesk".into(),
        actions: vec!["read".into(), "comment".into()],
        resources: vec!["**".into()],
    }];
    let issued = Vec::from_iter(ok.then(|| Scope {
        tool: "zendesk.get_ticket".into(),
        action: "read".into(),
        resource: "ticket/acme/**".into(),
        except: Vec::new(),
        not_after: at(900),
        delegate: 1,
        rules: vec!["main/triage-tickets".into()],
        residual: Vec::new(),
    }));
    let event = match by {
        None => Event::Issue { asked, issued },
        Some(by) => Event::Delegate {
            by: by.into(),
            asked,
            issued,
        },
    };
    Entry {
        event,
        ..call(seconds, chain, "", reason)
    }
}

fn revoke(seconds: i64, of: Revoked) -> Entry {
    Entry {
        event: Event::Revoke {
            revocation: Revocation {
                of,
                by: "sec".into(),
                reason: "no longer needed".into(),
                time: at(seconds),
            },
            epoch: Epoch(1),
        },
        decision: None,
        rules: Vec::new(),
        agent: None,
        user: None,
        task: None,
        credential: None,
        chain: Vec::new(),
        ..call(seconds, &[], "", Reason::Granted)
    }
}

/// A chain of three, another credential, and what became of them.
struct Story {
    home: Home,
    top: CredentialId,
    sub: CredentialId,
    other: CredentialId,
}

impl Story {
    fn new() -> Self {
        let home = Home::new();
        let (top, other) = (CredentialId::root(1), CredentialId::root(2));
        let sub = top.child(3);
        let leaf = sub.child(4);
        let audit = home.open(&settings(5, 3_000));
        let one = [(&top, "triage-bot")];
        let two = [(&top, "triage-bot"), (&sub, "sub-bot")];
        let three = [(&top, "triage-bot"), (&sub, "sub-bot"), (&leaf, "leaf-bot")];
        for entry in [
            issue(0, None, &one, true),
            call(1, &one, "zendesk.get_ticket", Reason::Granted),
            issue(2, Some("triage-bot"), &two, true),
            call(3, &two, "zendesk.get_ticket", Reason::Granted),
            call(4, &two, "zendesk.delete_ticket", Reason::OutOfScope),
            issue(5, Some("sub-bot"), &three, true),
            // A refused delegation is recorded under the parent.
            Entry {
                agent: Some("evil-bot".into()),
                ..issue(6, Some("sub-bot"), &two, false)
            },
            Entry {
                user: Some("bob".into()),
                task: Some("T-2".into()),
                ..issue(7, None, &[(&other, "report-bot")], true)
            },
            revoke(8, Revoked::Agent("sub-bot".into())),
            call(9, &two, "zendesk.get_ticket", Reason::Revoked),
            call(10, &three, "mail.send", Reason::Revoked),
            revoke(11, Revoked::Task("T-1".into())),
            revoke(12, Revoked::Credential(top.clone())),
        ] {
            audit.append(&entry).expect("kept");
        }
        drop(audit);
        home.verify().expect("whole");
        Self {
            home,
            top,
            sub,
            other,
        }
    }

    /// The seconds at which the selected records were made.
    fn asked(&self, asked: &Query) -> Vec<i64> {
        query(&self.home.folders(), asked)
            .expect("read")
            .map(|record| (record.expect("a record").time.0 - at(0).0) / 1_000_000)
            .collect()
    }
}

#[test]
fn records_are_found_by_whom_they_are_about() {
    let story = Story::new();
    let check = |asked: Query, seconds: &[i64]| {
        let found: Vec<i64> = story.asked(&asked).into_iter().collect();
        assert_eq!(found, seconds, "{asked:?}");
    };
    let all = Query::default;
    let some = |text: &str| Some(SmolStr::new(text));
    check(
        Query {
            user: some("bob"),
            ..all()
        },
        &[7],
    );
    check(
        Query {
            agent: some("sub-bot"),
            ..all()
        },
        &[2, 3, 4, 5, 6, 8, 9],
    );
    check(
        Query {
            task: some("T-1"),
            since: Some(at(9)),
            ..all()
        },
        &[9, 10, 11],
    );
    check(
        Query {
            credential: Some(story.sub.as_str().into()),
            ..all()
        },
        &[2, 3, 4, 6, 9],
    );
    check(
        Query {
            under: Some(story.sub.clone()),
            ..all()
        },
        &[2, 3, 4, 5, 6, 9, 10],
    );
    check(
        Query {
            under: Some(story.top.clone()),
            event: some("revoke"),
            ..all()
        },
        &[12],
    );
    check(
        Query {
            under: Some(story.other.clone()),
            ..all()
        },
        &[7],
    );
    check(
        Query {
            granted: Some(false),
            until: Some(at(9)),
            ..all()
        },
        &[4, 6],
    );
    check(
        Query {
            reason: some("out-of-scope"),
            ..all()
        },
        &[4],
    );
    check(
        Query {
            tool: some("zendesk"),
            granted: Some(true),
            ..all()
        },
        &[1, 3],
    );
    check(
        Query {
            tool: some("zen"),
            ..all()
        },
        &[],
    );
}

#[test]
fn a_chain_is_seen_as_a_tree() {
    let story = Story::new();
    let folders = story.home.folders();
    let top = lineage(&folders, &story.top).expect("read").expect("known");
    assert_eq!(top.agent.as_deref(), Some("triage-bot"));
    assert_eq!(top.user.as_deref(), Some("ana"));
    assert_eq!((top.granted, top.denied, top.refused), (1, 0, 0));
    let kinds = |node: &Lineage| -> Vec<&'static str> {
        node.revocations
            .iter()
            .map(|revocation| revocation.what.kind)
            .collect()
    };
    assert_eq!(kinds(&top), ["task", "credential"]);
    assert_eq!(
        top.issued.as_ref().map(|issued| issued.scopes.len()),
        Some(1)
    );
    let [sub] = top.delegated.as_slice() else {
        panic!("{top:?}")
    };
    assert_eq!(sub.credential, story.sub);
    assert_eq!((sub.granted, sub.denied, sub.refused), (1, 2, 1));
    assert_eq!(kinds(sub), ["agent", "task"]);
    let [leaf] = sub.delegated.as_slice() else {
        panic!("{sub:?}")
    };
    assert_eq!(leaf.agent.as_deref(), Some("leaf-bot"));
    assert_eq!((leaf.granted, leaf.denied), (0, 1));

    let alone = lineage(&folders, &story.sub).expect("read").expect("known");
    assert_eq!(alone, *sub);
    let unknown = CredentialId::root(9);
    assert_eq!(lineage(&folders, &unknown).expect("read"), None);
}

#[test]
fn a_record_is_one_line_for_people() {
    let story = Story::new();
    let lines: Vec<String> = query(&story.home.folders(), &Query::default())
        .expect("read")
        .map(|record| record.expect("a record").to_string())
        // Keys differ each time.
        .map(|line| match line.split_once("  checkpoint  ") {
            Some((time, _)) => format!("{time}  checkpoint  …"),
            None => line,
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_hostile_log_moves_no_cursor() {
    let home = Home::new();
    let audit = home.open(&settings(64, 1 << 20));
    let id = CredentialId::root(1);
    let hostile = "\u{1b}[2J\r\u{202e}gnp";
    let mut entry = call(0, &[(&id, hostile)], hostile, Reason::Granted);
    entry.rules = vec![hostile.into()];
    audit.append(&entry).expect("kept");
    drop(audit);
    for record in query(&home.folders(), &Query::default()).expect("read") {
        let line = record.expect("a record").to_string();
        assert!(
            line.chars().all(|c| !c.is_control() && c != '\u{202e}'),
            "{line}"
        );
        assert!(line.contains("\\u{1b}[2J\\u{d}\\u{202e}gnp"), "{line}");
    }
}

#[test]
fn what_is_no_record_is_told_and_passed_over() {
    let story = Story::new();
    let folders = story.home.folders();
    let (path, line, text) = lines(&folders).swap_remove(2);
    let file = fs::read_to_string(&path).expect("read");
    fs::write(&path, file.replace(&text, "no record")).expect("written");
    let records: Vec<Result<Record, VerifyError>> =
        query(&folders, &Query::default()).expect("read").collect();
    let errors: Vec<String> = records
        .iter()
        .filter_map(|record| record.as_ref().err().map(ToString::to_string))
        .collect();
    let name = path.file_name().expect("a name").to_string_lossy();
    assert_eq!(errors, [format!("{name}, line {line} is no record")]);
    assert!(records.len() > 13);
}

#[test]
fn what_was_left_behind_is_not_read() {
    let home = Home::new();
    let spilling = FileSettings {
        on_failure: OnFailure::Spill(home.spill()),
        ..settings(64, 1 << 20)
    };
    let audit = home.open(&spilling);
    audit.append(&entry(0)).expect("kept");
    let aside = home.folder.path().join("aside");
    fs::rename(home.log(), &aside).expect("moved");
    audit.append(&entry(1)).expect("kept");
    drop(audit);
    fs::rename(&aside, home.log()).expect("moved");
    let report = home.verify().expect("whole");
    assert!(report.left_behind > 0);
    let seqs: Vec<u64> = query(&home.folders(), &Query::default())
        .expect("read")
        .map(|record| record.expect("a record").seq)
        .collect();
    assert_eq!(seqs, [1, 2, 3]);
}
