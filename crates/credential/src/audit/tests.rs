//! Tests of the trail in files.

mod asking;
mod damage;
mod faults;
mod files;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use placet_model::decision::Reason;
use placet_model::json::Json;
use placet_model::policy::Outcome;
use placet_model::request::{Assent, Covers, ScopeRequest};
use placet_model::value::{Duration, Time};
use smol_str::{SmolStr, format_smolstr};
use tempfile::TempDir;

use super::disk::{Disk, RealDisk};
use super::*;
use crate::keys::{Algorithm, KeySet, SigningKey};
use crate::revocation::Revoked;

/// A folder with a log and a place to spill to.
struct Home {
    folder: TempDir,
    key: PathBuf,
    keys: KeySet,
}

/// A key that all logs share.
static KEY: OnceLock<(TempDir, KeySet)> = OnceLock::new();

/// In memory where there is a place for that: these tests write many thousand files.
fn quick_folder() -> TempDir {
    TempDir::new_in("/dev/shm")
        .or_else(|_| TempDir::new())
        .expect("a folder")
}

fn make_key() -> (TempDir, KeySet) {
    let folder = TempDir::new().expect("a folder");
    let key = SigningKey::generate(Algorithm::EdDsa).expect("a key");
    let mut keys = KeySet::default();
    keys.insert(key.verifying_key().clone()).expect("one key");
    key.save(&folder.path().join("key.pem")).expect("saved");
    (folder, keys)
}

impl Home {
    fn new() -> Self {
        let (key, keys) = KEY.get_or_init(make_key);
        Self {
            folder: quick_folder(),
            key: key.path().join("key.pem"),
            keys: keys.clone(),
        }
    }

    fn key(&self) -> SigningKey {
        SigningKey::load(&self.key).expect("the key")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("audit")
    }

    fn spill(&self) -> PathBuf {
        self.folder.path().join("spill")
    }

    fn folders(&self) -> Vec<PathBuf> {
        [self.log(), self.spill()]
            .into_iter()
            .filter(|folder| folder.exists())
            .collect()
    }

    fn open_on(
        &self,
        disk: Arc<dyn Disk>,
        settings: &FileSettings,
    ) -> Result<FileAudit, OpenError> {
        let settings = settings.clone();
        FileAudit::open_on(disk, &self.log(), settings, self.key(), &self.keys, at(0))
    }

    fn try_open(&self, settings: &FileSettings) -> Result<FileAudit, OpenError> {
        self.open_on(Arc::new(RealDisk), settings)
    }

    fn open(&self, settings: &FileSettings) -> FileAudit {
        self.try_open(settings).expect("it opens")
    }

    fn verify(&self) -> Result<Report, VerifyError> {
        verify(&self.folders(), &self.keys, None)
    }

    fn finding(&self) -> Finding {
        match self.verify() {
            Err(VerifyError::Found(finding)) => finding,
            other => panic!("{other:?}"),
        }
    }
}

fn settings(checkpoint_every: u64, segment_bytes: u64) -> FileSettings {
    FileSettings {
        checkpoint_every,
        segment_bytes,
        on_failure: OnFailure::Deny,
    }
}

fn at(seconds: i64) -> Time {
    Time((1_795_000_000 + seconds) * 1_000_000)
}

/// An entry of every kind in turn; `task` tells its number.
fn entry(number: i64) -> Entry {
    let texts = |texts: &[&str]| texts.iter().map(SmolStr::new).collect::<Vec<SmolStr>>();
    let asked = vec![ScopeRequest {
        tool: "zendesk".into(),
        actions: texts(&["read"]),
        resources: texts(&["ticket/**"]),
    }];
    let (event, decision) = match number % 6 {
        0 => (
            Event::Issue {
                asked,
                issued: Vec::new(),
            },
            Some(Reason::NoGrant),
        ),
        1 | 2 => (
            Event::Call {
                tool: "zendesk.get_ticket".into(),
                requests: vec![("read".into(), "ticket/acme/42".into())],
                audiences: texts(&["https://zendesk.example.com/mcp"]),
                digest: "sha256:00".into(),
                clear: vec![("args.id".into(), Json::Number("42".into()))],
                seq: Some(number),
            },
            Some(if number % 6 == 1 {
                Reason::Granted
            } else {
                Reason::DeniedByRule
            }),
        ),
        3 => (
            Event::Settle {
                seq: number,
                outcome: Outcome::Ok,
            },
            None,
        ),
        4 => (
            Event::Revoke {
                revocation: Revocation {
                    of: Revoked::Task("T-9".into()),
                    by: "sec".into(),
                    reason: "a \"bad\"\nday".into(),
                    time: at(number),
                },
                epoch: Epoch(3),
            },
            None,
        ),
        _ => (
            Event::Assent {
                kind: AssentKind::Consent,
                id: 7,
                assent: Assent {
                    by: "ana".into(),
                    groups: None,
                    agent: "triage-bot".into(),
                    user: None,
                    task: None,
                    covers: Covers::Call("sha256:00".into()),
                    not_after: None,
                },
            },
            None,
        ),
    };
    Entry {
        time: at(number),
        event,
        decision,
        rules: texts(&["main/triage-tickets"]),
        agent: Some("triage-bot".into()),
        user: Some("ana".into()),
        task: Some(format_smolstr!("T-{number}")),
        credential: Some("c-x".into()),
        chain: Vec::new(),
        policy: None,
        latency: Some(Duration(12)),
    }
}

/// The lines of a log in order, with where they stand.
fn lines(folders: &[PathBuf]) -> Vec<(PathBuf, u64, String)> {
    let mut lines = Vec::new();
    for segment in segments::list(folders).expect("listed").segments {
        let text = fs::read_to_string(&segment.path).expect("read");
        for (number, line) in (1..).zip(text.lines()) {
            lines.push((segment.path.clone(), number, line.to_owned()));
        }
    }
    lines
}

/// The numbers of the entries in a log, in its order.
fn numbers(folders: &[PathBuf]) -> Vec<i64> {
    let number = |line: &str| {
        let (_, rest) = line.split_once("\"task\":\"T-")?;
        rest.split('"').next()?.parse().ok()
    };
    // Of what was written twice, what was left behind comes first.
    let mut by_seq = std::collections::BTreeMap::new();
    for (_, _, line) in lines(folders) {
        if let Some(parsed) = line::Line::parse(line.as_bytes()) {
            by_seq.insert(parsed.seq, line);
        }
    }
    by_seq.values().filter_map(|line| number(line)).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("read") {
        let entry = entry.expect("read");
        fs::copy(entry.path(), to.join(entry.file_name())).expect("copied");
    }
}
