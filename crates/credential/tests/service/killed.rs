//! Killed at any moment, the whole service comes back: nothing acknowledged is lost, the
//! trail verifies, and what was charged stays charged.

use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use placet_credential::audit::{FileAudit, FileSettings, Query, query, verify};
use placet_credential::id::CredentialId;
use placet_credential::keys::{Algorithm, Keyring};
use placet_credential::service::{Service, Settings};
use placet_credential::store::{Ask, Disk, Filter, Store};
use placet_evaluator::Engine;
use placet_model::decision::Reason;
use placet_model::value::Time;

use crate::support::{asking, calling, compile, id_of};

const FOLDER: &str = "PLACET_TEST_KILLED_IN";

const POLICY: &str = r#"
policy p { language 1  layers main  lifetime 1h }
agent clerk
tool t { action go { go() -> "go" } }
history all = calls tool t.go per chain
grant go { agent clerk  user any  tool t.go  action go  resource any  budget 1000000 calls
           when count(all) < 1000000 }
"#;

fn now() -> Time {
    Time::parse("2026-11-24T10:00:00Z").unwrap()
}

fn keys(folder: &Path) -> Keyring {
    Keyring::open_or_create(&folder.join("keys"), Algorithm::EdDsa, now()).unwrap()
}

fn open(folder: &Path) -> (Service, Arc<Disk>, Vec<std::path::PathBuf>) {
    let ring = keys(folder);
    let jwks = ring.jwks();
    let key = ring.into_signing();
    let settings = FileSettings {
        segment_bytes: 20_000,
        ..FileSettings::default()
    };
    let audit = FileAudit::open(&folder.join("audit"), settings, key, &jwks, now()).unwrap();
    let folders = audit.folders().to_vec();
    let store = Disk::open(&folder.join("store.redb"), Duration::from_secs(5)).unwrap();
    let store = Arc::new(store);
    let service = Service::open(
        Engine::new(compile(POLICY)),
        store.clone(),
        Arc::new(audit),
        Settings::default(),
        now(),
    );
    (service.unwrap(), store, folders)
}

fn the_credential(service: &Service) -> CredentialId {
    let held = service.credentials(&Filter::default()).unwrap();
    match held.first() {
        Some((held, _)) => held.id.clone(),
        None => {
            let request = asking("clerk", Some("ana"), "t go go");
            id_of(&service.issue(request, &Default::default(), now()).unwrap())
        }
    }
}

/// What the killed process does, in two threads; alone it does nothing.
#[test]
fn calls_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let (service, ..) = open(Path::new(&folder));
    let id = the_credential(&service);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let call = calling("clerk", "t.go", "{}");
                    let answer = service.authorize(&id, call, now()).unwrap();
                    let seq = answer.seq.unwrap();
                    let mut out = std::io::stdout().lock();
                    writeln!(out, "acknowledged {seq}").unwrap();
                    out.flush().unwrap();
                }
            });
        }
    });
}

#[test]
fn nothing_acknowledged_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged: Vec<i64> = Vec::new();
    for round in 0..6 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::calls_until_it_is_killed", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let enough = 5 + round * 7;
        let before = acknowledged.len();
        for line in lines.by_ref().map_while(Result::ok) {
            if let Some((_, seq)) = line.split_once("acknowledged ") {
                acknowledged.push(seq.parse().unwrap());
            }
            if acknowledged.len() - before == enough {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(acknowledged.len() - before >= enough, "it ended by itself");

        let (service, store, folders) = open(folder.path());
        let id = the_credential(&service);
        let ask = Ask {
            credential: Some(&id),
            spent: true,
            ..Ask::default()
        };
        let mut spent = Vec::new();
        store
            .transact(&ask, &mut |state| {
                spent.clone_from(&state.spent);
                Vec::new()
            })
            .unwrap();
        let charged = spent.first().unwrap().amount;
        assert!(
            charged >= acknowledged.len().into(),
            "{charged} were charged"
        );
        verify(&folders, &keys(folder.path()).jwks(), None).unwrap();
        let wanted = Query {
            event: Some("call".into()),
            granted: Some(true),
            ..Query::default()
        };
        let told: Vec<String> = query(&folders, &wanted)
            .unwrap()
            .map(|record| format!("{:?}", record.unwrap().json))
            .collect();
        for seq in &acknowledged {
            let mark = format!("(\"number\", Number(\"{seq}\"))");
            assert!(
                told.iter().any(|record| record.contains(&mark)),
                "call {seq} left no record"
            );
        }
    }
    let (service, ..) = open(folder.path());
    let id = the_credential(&service);
    let answer = service
        .authorize(&id, calling("clerk", "t.go", "{}"), now())
        .unwrap();
    assert_eq!(answer.decision.reason, Reason::Granted);
}
