//! A policy of `policies/` with an engine that decides JSON requests.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use placet::Engine;
use placet::json::{decision_to_json, invalid_decision, read_request, to_pretty_text, to_text};
use placet::model::json::Json;
use serde_json::Value;

/// One folder of `policies/`.
pub(crate) struct Suite {
    folder: PathBuf,
    engine: Engine,
}

impl Suite {
    /// The suite of this name, compiled.
    pub(crate) fn open(name: &str) -> Self {
        let folder = root().join("policies").join(name);
        let mut texts = Vec::new();
        for entry in std::fs::read_dir(&folder).expect("the suite is there") {
            let path = entry.expect("it can be read").path();
            if path.extension().is_some_and(|kind| kind == "placet") {
                let text = std::fs::read(&path).expect("policies can be read");
                texts.push((path.display().to_string(), text));
            }
        }
        let policy = placet::compile(texts).unwrap_or_else(|findings| panic!("{findings}"));
        Self {
            folder,
            engine: Engine::new(policy),
        }
    }

    /// A JSON file of the suite.
    pub(crate) fn json(&self, file: &str) -> Value {
        serde_json::from_str(&self.text(file)).expect("it is JSON")
    }

    /// The lines of a JSON-lines file of the suite.
    pub(crate) fn lines(&self, file: &str) -> Vec<Value> {
        let text = self.text(file);
        text.lines()
            .map(|line| serde_json::from_str(line).expect("each line is JSON"))
            .collect()
    }

    /// A file of the suite.
    pub(crate) fn text(&self, file: &str) -> String {
        let path = self.folder.join(file);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Where a file of the suite is.
    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    /// The decision on one request.
    pub(crate) fn decide(&self, request: &Value) -> Value {
        let decision = to_text(&self.answer(&request.to_string()));
        serde_json::from_str(&decision).expect("decisions are JSON")
    }

    /// The decision on one request as people like JSON, without the policy's digest, which
    /// every edit changes.
    pub(crate) fn decision(&self, request: &str) -> String {
        let text = to_pretty_text(&self.answer(request));
        text.replace(&self.digest(), "sha256:…")
    }

    /// The credential that issuance gives for a request; it must give one.
    pub(crate) fn issue(&self, request: &Value) -> Value {
        let mut decision = self.decide(request);
        match decision.get_mut("credential") {
            Some(credential) => credential.take(),
            None => panic!("no credential for {request}\n{decision:#}"),
        }
    }

    /// What a command of `placet` says to people about requests, one a line. With
    /// `--no-credential` as an option the policy alone decides calls.
    pub(crate) fn says(&self, command: &str, options: &[&str], requests: &str) -> String {
        let mut program = Command::new(env!("CARGO_BIN_EXE_placet-under-test"))
            .args([command, "--format", "text", "--policy"])
            .arg(&self.folder)
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut input = program.stdin.take().expect("it reads");
        input.write_all(requests.as_bytes()).expect("it reads all");
        drop(input);
        let output = program.wait_with_output().expect("it ends");
        assert!(
            output.status.code().is_some_and(|code| code < 2),
            "{output:?}"
        );
        let text = String::from_utf8(output.stdout).expect("the output is UTF-8");
        text.replace(&self.digest(), "sha256:…")
    }

    fn answer(&self, request: &str) -> Json {
        let decision = match read_request(request.as_bytes()).expect("it is JSON") {
            Ok(incoming) => self.engine.decide(&incoming.request),
            Err(invalid) => invalid_decision(&invalid, self.digest().into()),
        };
        decision_to_json(&decision)
    }

    fn digest(&self) -> String {
        self.engine.compiled().digest().to_string()
    }
}

/// A text at a path, as a member of the value.
pub(crate) fn word<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// The elements of an array at a path; none when there is no array.
pub(crate) fn each<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

/// Compares with a snapshot in the suite's own folder.
#[macro_export]
macro_rules! shown {
    ($suite:expr, $name:expr, $text:expr) => {
        insta::with_settings!({
            snapshot_path => $suite.path("snapshots"),
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, { insta::assert_snapshot!($name, $text) });
    };
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .expect("the project is there")
}
