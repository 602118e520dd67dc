//! `placet lint`: what it finds, how it is told, what it mends, and what it leaves alone.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{Folder, Run, at_root, root};

/// A small policy that is clean but for what is put into its grant.
fn policy(clauses: &str) -> String {
    format!(
        r#"policy notes {{ language 1  layers main  lifetime 1h }}

facts user {{ tenant: text }}

agent assistant {{ owner = "desk" }}

tool notes {{
  action read {{ read_note(tenant: text, id: int) -> "note/{{tenant}}/{{id}}" }}
  action write {{ write_note(tenant: text, id: int) -> "note/{{tenant}}/{{id}}" }}
}}

/// The notes of the tenant.
grant notes {{
  agent    assistant
  user     any
{clauses}}}

test "a note" {{
  agent assistant
  user  ana {{ tenant = "acme" }}
  issue notes read "note/**" -> narrowed to "note/acme/*"
}}
"#
    )
}

const CLEAN: &str =
    "  tool     notes\n  action   read\n  resource \"note/{user.tenant}/*\"\n  for      15m\n";
const ANY: &str =
    "  tool     any\n  action   read\n  resource \"note/{user.tenant}/*\"\n  for      15m\n";
const UNSORTED: &str =
    "  action   read\n  tool     notes\n  resource \"note/{user.tenant}/*\"\n  for      120m\n";
const LONG: &str =
    "  tool     notes\n  action   read\n  resource \"note/{user.tenant}/*\"\n  for      9d\n";

fn with(clauses: &str) -> Folder {
    let folder = Folder::new();
    folder.file("notes.placet", policy(clauses));
    folder
}

/// Each finding as line and code.
fn found(run: &Run) -> BTreeSet<(String, u64, String)> {
    let report: Value = serde_json::from_str(&run.stdout).expect("it is JSON");
    let findings = report["findings"].as_array().expect("a list").iter();
    findings
        .map(|one| {
            let span = one["spans"].as_array().expect("places").iter();
            let primary = span
                .clone()
                .find(|span| span["primary"] == true)
                .expect("one");
            let file = one["file"].as_str().expect("a file").to_owned();
            let line = primary["start"]["line"].as_u64().expect("a line");
            (file, line, one["code"].as_str().expect("a code").to_owned())
        })
        .collect()
}

/// All planted faults are found, and nothing else.
#[test]
fn every_planted_fault_is_found() {
    let folder = "tests/lint/seeded";
    let run = at_root(&["lint", "--format", "json", folder]).ends(1);
    let mut planted = BTreeSet::new();
    for entry in std::fs::read_dir(root().join(folder)).expect("it is there") {
        let path = entry.expect("it can be read").path();
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let text = std::fs::read_to_string(&path).expect("it is text");
        for (line, text) in (1..).zip(text.lines()) {
            let comment = text.split_once("// ").map_or("", |(_, comment)| comment);
            for mark in comment.split("lint[").skip(1) {
                let code = mark.split(']').next().unwrap_or_default();
                if code.starts_with("PL") {
                    planted.insert((format!("{folder}/{name}"), line, code.to_owned()));
                }
            }
        }
    }
    assert_eq!(found(&run), planted);
    assert!(planted.len() >= 25, "{}", planted.len());
    let codes: BTreeSet<&str> = planted.iter().map(|(_, _, code)| code.as_str()).collect();
    assert!(codes.len() >= 25, "{codes:?}");
}

#[test]
fn the_suites_are_clean() {
    let folders = std::fs::read_dir(root().join("policies")).expect("they are there");
    let mut paths: Vec<String> = folders
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.is_dir())
        .map(|path| {
            format!(
                "policies/{}",
                path.file_name().expect("a name").to_string_lossy()
            )
        })
        .collect();
    paths.sort();
    let mut args = vec!["lint", "--fail-on", "note"];
    args.extend(paths.iter().map(String::as_str));
    at_root(&args).ends(0).shows("clean: 7 policy sets");
}

#[test]
fn levels_decide_how_it_ends() {
    let check = |clauses: &str, configured: &str, args: &[&str], code: i32| {
        let folder = with(clauses);
        folder.file("placet.toml", configured);
        let run = folder.run(&[&["lint"], args].concat());
        assert_eq!(
            run.code, code,
            "{configured} {args:?}: {}{}",
            run.stdout, run.stderr
        );
    };
    check(CLEAN, "", &[], 0);
    check(ANY, "", &[], 1);
    check(ANY, "", &["--fail-on", "error"], 1);
    check(
        ANY,
        "[lint.levels]\nany-tool = \"warn\"\n",
        &["--fail-on", "error"],
        0,
    );
    check(ANY, "[lint.levels]\nany-tool = \"note\"\n", &[], 0);
    check(
        ANY,
        "[lint.levels]\nany-tool = \"note\"\n",
        &["--fail-on", "note"],
        1,
    );
    check(
        ANY,
        "[lint.levels]\nPL1001 = \"off\"\n",
        &["--fail-on", "note"],
        0,
    );
    check(
        ANY,
        "[lint.levels]\noverscope = \"off\"\n",
        &["--fail-on", "note"],
        0,
    );
    // A rule goes before its category.
    check(
        ANY,
        "[lint.levels]\noverscope = \"off\"\nany-tool = \"error\"\n",
        &[],
        1,
    );
    check(ANY, "", &["--only", "any-action"], 0);
    check(LONG, "[lint.long-lifetime]\nmax = \"30d\"\n", &[], 0);
    let paths = |files: &str| {
        format!("[[lint.paths]]\nfiles = [\"{files}\"]\nlevels = {{ any-tool = \"off\" }}\n")
    };
    check(ANY, &paths("*.placet"), &[], 0);
    check(ANY, &paths("other/**"), &[], 1);
    check(ANY, &paths("*.placet"), &["./notes.placet"], 0);
}

/// Patterns of files count from where the configuration is, wherever the program runs.
#[test]
fn paths_count_from_the_configuration() {
    let folder = Folder::new();
    folder.file("sub/notes.placet", policy(ANY)).file(
        "placet.toml",
        "[[lint.paths]]\nfiles = [\"sub/*\"]\nlevels = { any-tool = \"off\" }\n",
    );
    folder.run(&["lint", "sub"]).ends(0);
    let inside = Command::new(env!("CARGO_BIN_EXE_placet-under-test"))
        .args(["lint", "."])
        .current_dir(folder.path().join("sub"))
        .output()
        .expect("it runs");
    assert_eq!(inside.status.code(), Some(0), "{inside:?}");
}

#[test]
fn a_configuration_that_means_nothing_is_an_error() {
    let check = |text: &str, message: &str, help: &str| {
        let folder = with(CLEAN);
        folder.file("placet.toml", text);
        let run = folder.run(&["lint"]).ends(2);
        assert!(run.stderr.contains(message), "{text}: {}", run.stderr);
        assert!(run.stderr.contains(help), "{text}: {}", run.stderr);
    };
    check(
        "[lint.levels]\nany-tol = \"warn\"\n",
        "placet.toml:2:1: `any-tol` is not a rule or category",
        "did you mean `any-tool`?",
    );
    check(
        "[lint.levels]\nany-tool = \"wern\"\n",
        "`wern` is not a level",
        "did you mean `warn`?",
    );
    check(
        "[lnt]\n",
        "unknown key `lnt` in this file",
        "did you mean `lint`?",
    );
    check(
        "[lint.levls]\n",
        "unknown key `levls` in `lint`",
        "did you mean `levels`?",
    );
    check(
        "[lint.long-lifetime]\nmaximum = \"1h\"\n",
        "`maximum` is not a parameter of `long-lifetime`",
        "`max`",
    );
    check(
        "[lint.long-lifetime]\nmax = \"1 hour\"\n",
        "`1 hour` is no length of time",
        "as in a policy",
    );
    check(
        "[lint.words]\ndestructve = []\n",
        "not a kind of actions",
        "did you mean `destructive`?",
    );
    check("[lint\n", "placet.toml:1:6", "");
}

#[test]
fn what_is_allowed_with_a_reason_is_not_reported() {
    let check = |comment: &str, place: &str, codes: &[&str]| {
        let folder = Folder::new();
        let text = policy(ANY).replace(place, &comment.replace("{}", place));
        folder.file("notes.placet", text);
        let run = folder.run(&["lint", "--format", "json"]);
        let found: BTreeSet<String> = found(&run).into_iter().map(|(_, _, code)| code).collect();
        let found: Vec<String> = found.into_iter().collect();
        assert_eq!(found, codes, "{comment}");
    };
    let line = "tool     any";
    let item = "/// The notes of the tenant.";
    check(
        "{}  // placet: allow(any-tool) the console has all tools",
        line,
        &[],
    );
    check(
        "{}  // placet: allow(PL1001): the console has all tools",
        line,
        &[],
    );
    check(
        "// placet: allow(any-tool) the console has all tools\n  {}",
        line,
        &[],
    );
    check(
        "// placet: allow(any-tool) the console has all tools\n{}",
        item,
        &[],
    );
    check(
        "{}\n// placet: allow(any-tool) the console has all tools",
        item,
        &[],
    );
    check(
        "// placet: allow-file(any-tool) the console has all tools\n\n{}",
        "policy notes",
        &[],
    );
    // Without a reason it allows nothing.
    check(
        "{}  // placet: allow(any-tool)",
        line,
        &["PL1001", "PL1901"],
    );
    check(
        "{}  // placet: allow(any-tol) oh",
        line,
        &["PL1001", "PL1903"],
    );
    check(
        "{}  // placet: allow(any-action) oh",
        line,
        &["PL1001", "PL1902"],
    );
    check(
        "{}  // placet: allow(any-tool, any-action) oh",
        line,
        &["PL1902"],
    );
    // Elsewhere it is about nothing.
    check(
        "// placet: allow(any-tool) oh\n{}",
        "agent assistant {",
        &["PL1001", "PL1902"],
    );
}

#[test]
fn safe_fixes_keep_what_is_decided() {
    let folder = with(UNSORTED);
    let digest = |folder: &Folder| {
        let run = folder
            .run(&["check", "--format", "json", "notes.placet"])
            .ends(0);
        let report: Value = serde_json::from_str(&run.stdout).expect("it is JSON");
        report["policy"].as_str().expect("a digest").to_owned()
    };
    let before = digest(&folder);
    let shown = folder.run(&["lint", "--diff"]).ends(1);
    assert!(
        shown.stdout.contains("-  for      120m"),
        "{}",
        shown.stdout
    );
    assert!(shown.stdout.contains("+  for      2h"), "{}", shown.stdout);
    assert_eq!(folder.read("notes.placet"), policy(UNSORTED), "only shown");
    let run = folder.run(&["lint", "--fix", "--fail-on", "note"]).ends(0);
    assert!(
        run.stderr.contains("mended 2 findings in ./notes.placet"),
        "{}",
        run.stderr
    );
    let sorted =
        "  tool     notes\n  action   read\n  resource \"note/{user.tenant}/*\"\n  for      2h\n";
    assert_eq!(folder.read("notes.placet"), policy(sorted));
    assert_eq!(digest(&folder), before);
}

#[test]
fn risky_fixes_are_asked_for() {
    let folder = with(LONG);
    folder.run(&["lint", "--fix"]).ends(1);
    assert_eq!(folder.read("notes.placet"), policy(LONG));
    folder.run(&["lint", "--unsafe"]).ends(2);
    folder.run(&["lint", "--fix", "--unsafe"]).ends(0);
    assert_eq!(
        folder.read("notes.placet"),
        policy(&LONG.replace("9d", "8h"))
    );
}

/// What is written out stands in the column of the clauses above it.
#[test]
fn a_lifetime_is_written_out() {
    let without = CLEAN.replace("  for      15m\n", "");
    let folder = with(&without);
    folder.run(&["lint", "--fix", "--unsafe"]).ends(0);
    let wanted = CLEAN.replace("15m", "1h");
    assert_eq!(folder.read("notes.placet"), policy(&wanted));
}

/// A fix after which the policy would not compile is not applied: the test still names the rule.
#[test]
fn a_fix_that_breaks_the_policy_is_refused() {
    let folder = Folder::new();
    let twice = r#"
/// The notes of the tenant, once more.
grant again { agent assistant  user any  tool notes  action read  resource "note/{user.tenant}/*"  for 5m }

test "once more" {
  agent assistant
  user  ana { tenant = "acme" }
  issue notes write "note/**" -> deny no-grant
  issue notes read "note/**" for 5m -> narrowed to "note/acme/*" by again
}
"#;
    let text = policy(CLEAN) + twice;
    folder.file("notes.placet", &text);
    let run = folder.run(&["lint", "--fix", "--unsafe"]).ends(1);
    assert!(
        run.stderr.contains("not mended (take `again` away)"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("would not compile"), "{}", run.stderr);
    assert_eq!(folder.read("notes.placet"), text);
}

#[test]
fn a_policy_with_errors_is_not_linted() {
    let folder = with("  tool nots\n");
    let run = folder.run(&["lint"]).ends(2);
    assert!(run.stderr.contains("PL0106"), "{}", run.stderr);
}

fn git(folder: &Path, args: &[&str]) {
    let ran = Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
        .args(args)
        .output()
        .expect("git runs");
    assert!(ran.status.success(), "{ran:?}");
}

#[test]
fn since_a_revision_only_what_is_new_is_reported() {
    let folder = with(LONG);
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "-qm", "first"]);
    folder.run(&["lint"]).ends(1);
    folder.run(&["lint", "--since", "HEAD"]).ends(0);
    let more = LONG.replace("tool     notes", "tool     any");
    folder.file("notes.placet", policy(&more));
    let run = folder
        .run(&["lint", "--since", "HEAD", "--format", "json"])
        .ends(1);
    let codes: Vec<String> = found(&run).into_iter().map(|(_, _, code)| code).collect();
    assert_eq!(codes, ["PL1001"]);
    // A line that has changed is looked at again, whatever was found there.
    folder.file("notes.placet", policy(&LONG.replace("9d", "10d")));
    folder.run(&["lint", "--since", "HEAD"]).ends(1);
    folder.file("other.placet", "group agents nobody\n");
    let run = folder
        .run(&["lint", "--since", "HEAD", "--format", "json"])
        .ends(1);
    assert!(found(&run).iter().any(|(_, _, code)| code == "PL1406"));
    for hostile in [
        "--upload-pack=x",
        "-h",
        "no-such",
        "HEAD:notes.placet",
        "--output=stolen",
    ] {
        let since = format!("--since={hostile}");
        let run = folder.run(&["lint", &since]).ends(2);
        assert!(
            run.stderr.contains("is no revision"),
            "{hostile}: {}",
            run.stderr
        );
    }
    assert!(!folder.path().join("stolen").exists());
}

#[test]
fn outside_of_a_repository_there_is_no_since() {
    let folder = with(CLEAN);
    let run = folder.run(&["lint", "--since", "HEAD"]).ends(2);
    assert!(
        run.stderr.contains("not a git repository"),
        "{}",
        run.stderr
    );
}

#[test]
fn the_text_is_for_people() {
    let folder = with(&ANY.replace("15m", "9d"));
    let run = folder.run(&["lint"]).ends(1);
    insta::assert_snapshot!("lint_text", run.stdout);
}

#[test]
fn forges_get_what_they_show() {
    let folder = with(&ANY.replace("15m", "120m"));
    let github = folder.run(&["lint", "--format", "github"]).ends(1);
    insta::assert_snapshot!("lint_github", github.stdout);
    let junit = folder.run(&["lint", "--format", "junit"]).ends(1);
    insta::assert_snapshot!("lint_junit", junit.stdout);
}

/// The log of the seeded policy is valid by the schema of OASIS, as the crate with the types of
/// the format carries it.
#[test]
fn the_sarif_log_is_valid() {
    let metadata = cargo_metadata::MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(["--offline".to_owned(), "--locked".to_owned()])
        .exec()
        .expect("cargo metadata runs");
    let package = metadata
        .packages
        .iter()
        .find(|package| package.name.as_str() == "serde-sarif")
        .expect("it is a dependency");
    let folder = package.manifest_path.parent().expect("a folder");
    let schema = std::fs::read_to_string(folder.join("src/schema.json")).expect("the schema");
    let mut schema: Value = serde_json::from_str(&schema).expect("it is JSON");
    // The published schema has a pattern there that is no regular expression of ECMA 262.
    for of in ["run", "toolComponent"] {
        let language = schema.pointer_mut(&format!("/definitions/{of}/properties/language"));
        let language = language.and_then(Value::as_object_mut);
        let pattern = language.and_then(|language| language.remove("pattern"));
        assert!(pattern.is_some(), "it is mended: take this away");
    }
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    let run = at_root(&["lint", "--format", "sarif", "tests/lint/seeded"]).ends(1);
    let log: Value = serde_json::from_str(&run.stdout).expect("it is JSON");
    let errors: Vec<String> = validator
        .iter_errors(&log)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    let results = log["runs"][0]["results"].as_array().expect("results");
    assert!(results.len() >= 25);
    for result in results {
        let region = &result["locations"][0]["physicalLocation"]["region"];
        assert!(region["startLine"].as_u64() > Some(0), "{result}");
    }
}

/// Runs the program elsewhere than at the top of a folder.
fn run_in(folder: &Path, args: &[&str]) -> Option<i32> {
    let ran = Command::new(env!("CARGO_BIN_EXE_placet-under-test"))
        .args(args)
        .current_dir(folder)
        .output()
        .expect("it runs");
    ran.status.code()
}

/// The codes that are found in a policy.
fn codes(text: &str) -> BTreeSet<String> {
    let folder = Folder::new();
    folder.file("notes.placet", text);
    let run = folder.run(&["lint", "--format", "json"]);
    found(&run).into_iter().map(|(_, _, code)| code).collect()
}

/// However a file is named, patterns count from the configuration.
#[test]
fn names_of_files_do_not_matter_to_patterns() {
    let folder = Folder::new();
    folder.file("sub/notes.placet", policy(ANY)).file(
        "placet.toml",
        "[[lint.paths]]\nfiles = [\"sub/*\"]\nlevels = { any-tool = \"off\" }\n",
    );
    let whole = folder.path().join("sub").display().to_string();
    assert_eq!(run_in(folder.path(), &["lint", &whole]), Some(0));
    let twice = "sub//notes.placet";
    assert_eq!(run_in(folder.path(), &["lint", twice]), Some(0));
    let inside = folder.path().join("sub");
    let named = ["lint", "--config", "../placet.toml"];
    assert_eq!(run_in(&inside, &named), Some(0));
}

#[test]
fn a_configuration_with_two_meanings_is_an_error() {
    let check = |text: &str, message: &str| {
        let folder = with(CLEAN);
        folder.file("placet.toml", text);
        let run = folder.run(&["lint"]).ends(2);
        assert!(run.stderr.contains(message), "{text:.80}: {}", run.stderr);
    };
    check(
        "[lint.levels]\nany-tool = \"off\"\nPL1001 = \"error\"\n",
        "`any-tool` is set twice",
    );
    check(
        "[lint.PL1102]\nmax = \"1h\"\n[lint.long-lifetime]\nmax = \"2h\"\n",
        "`long-lifetime` is set twice",
    );
    let paths = |files: &str| format!("[[lint.paths]]\n{files}levels = {{ any-tool = \"off\" }}\n");
    check(&paths(""), "does not say for which files");
    check(&paths("files = []\n"), "does not say for which files");
    for nothing in ["../**", "./a", "/etc/**", "a//b", ""] {
        let files = format!("files = [\"{nothing}\"]\n");
        check(&paths(&files), "matches no file");
    }
    let large = format!("files = [\"{}\"]\n", "[!a]".repeat(300_000));
    check(&paths(&large), "its patterns of files cannot be used");
    check("[lint.any-tool]\nmax = 1\n", "it has none");
}

/// A reason is a word that can be seen.
#[test]
fn what_says_nothing_is_no_reason() {
    let line = "tool     any";
    let check = |reason: &str, wanted: &[&str]| {
        let comment = format!("{line}  // placet: allow(any-tool) {reason}");
        let found = codes(&policy(ANY).replace(line, &comment));
        assert!(found.iter().eq(wanted), "{reason:?}: {found:?}");
    };
    for nothing in [".", "-->", ":", "\u{200b}", "\u{3164}", "\u{a0}\u{2060}"] {
        check(nothing, &["PL1001", "PL1901"]);
    }
    check("konsole", &[]);
    check("консоль", &[]);
    check("管理", &[]);
}

/// What is said to the linter and cannot be read is not passed over in silence.
#[test]
fn an_exception_that_cannot_be_read_is_told() {
    let line = "tool     any";
    for comment in [
        "placet: allow any-tool the console",
        "placet: alow(any-tool) the console",
        "placet: allow(any-tool the console",
        "placet: disable(any-tool) the console",
    ] {
        let found = codes(&policy(ANY).replace(line, &format!("{line}  // {comment}")));
        assert!(
            found.iter().eq(["PL1001", "PL1903"]),
            "{comment}: {found:?}"
        );
    }
    let other = format!("{line}  // see placet: allow(any-tool) elsewhere");
    assert!(
        codes(&policy(ANY).replace(line, &other))
            .iter()
            .eq(["PL1001"])
    );
}

/// A grant that asks for what nobody can give is not one that others say.
#[test]
fn a_grant_that_nobody_can_use_is_not_called_redundant() {
    let text = policy(CLEAN)
        + "\ngroup users nobody\n\n/// Somebody looks.\nrequire look { action read  approval nobody }\n";
    let text = text.replace(
        "-> narrowed to \"note/acme/*\"",
        "-> deny approval-required",
    );
    let found = codes(&text);
    assert!(found.contains("PL1402"), "{found:?}");
    assert!(!found.contains("PL1403"), "{found:?}");
}

/// At issuance nothing was done: a history guards nothing there.
#[test]
fn a_history_guards_nothing_at_issuance() {
    let text = |pinned: &str| {
        policy(CLEAN).replace(
            "/// The notes of the tenant.",
            &format!(
                "tool post {{ action send {{ send_note(to: text) -> \"post/{{to}}\" }} }}\n\n\
                 history reads = calls action read per task\n\n\
                 /// Anywhere.\n\
                 grant send {{ agent assistant  user any  tool post  action send  resource \"post/**\"  for 5m }}\n\n\
                 /// Nothing leaves once something was read.\n\
                 deny leak {{ tool post {pinned} when count(reads) > 0 }}\n\n\
                 /// The notes of the tenant."
            ),
        )
    };
    assert!(!codes(&text("")).contains("PL1302"));
    assert!(codes(&text("at issuance")).contains("PL1302"));
}

/// What a function does is told by its own name, too, where its action tells nothing; and what
/// guards that function is enough.
#[test]
fn a_function_that_destroys_is_seen_behind_any_action() {
    let text = |rule: &str| {
        policy(CLEAN).replace(
            "/// The notes of the tenant.",
            &format!(
                "tool bin {{ action manage {{\n  purgeNote(id: int) -> \"bin/{{id}}\"\n  keep_note(id: int) -> \"bin/{{id}}\"\n}} }}\n\n\
                 /// The bin.\n\
                 grant bin {{ agent assistant  user any  tool bin  action manage  resource \"bin/*\"  for 5m }}\n\n\
                 {rule}\n\n/// The notes of the tenant."
            ),
        )
    };
    let open = codes(&text(""));
    assert!(
        open.contains("PL1301") && open.contains("PL1005"),
        "{open:?}"
    );
    let guarded = text("/// Asked for.\nrequire ask { tool bin.purgeNote  consent per call }");
    assert!(!codes(&guarded).contains("PL1301"));
    let beside = text("/// Asked for.\nrequire ask { tool bin.keep_note  consent per call }");
    assert!(codes(&beside).contains("PL1301"));
}

/// A way out wherever a wildcard matches is told as destruction is.
#[test]
fn sending_wherever_a_wildcard_matches_is_told() {
    let text = |pattern: &str| {
        policy(CLEAN).replace(
            "/// The notes of the tenant.",
            &format!(
                "tool post {{ action send {{ send_note(to: text) -> \"post/{{to}}\" }} }}\n\n\
                 /// Out.\n\
                 grant send {{ agent assistant  user any  tool post  action send  resource \"{pattern}\"  for 5m }}\n\n\
                 /// The notes of the tenant."
            ),
        )
    };
    assert!(codes(&text("post/*")).contains("PL1005"));
    assert!(!codes(&text("post/{user.tenant}")).contains("PL1005"));
}

/// Groups by which the linter knows what an action is are not left over.
#[test]
fn a_group_that_tells_a_kind_is_used() {
    let text = |group: &str| {
        format!(
            "group actions {group}\naction write in {group}\n\n{}",
            policy(CLEAN)
        )
    };
    assert!(!codes(&text("irreversible")).contains("PL1405"));
    assert!(codes(&text("whatever")).contains("PL1405"));
}

/// Everything that can be mended at once.
const SLOPPY: &str = r#"policy notes { language 1  layers main  lifetime 1h }

facts user { tenant: text }

agent assistant { owner = "desk" }

let unused = user.tenant == "a"

tool notes {
  action read { read_note(tenant: text, id: int) -> "note/{tenant}/{id}" }
}

// placet: allow(any-tool) nothing here
/// The notes of the tenant.
grant notes {
  agent    assistant
  user     any
  action   read
  tool     notes
  resource "note/{user.tenant}/*"
  when     not (user.tenant != "x")  // placet: allow(any-action) old
  for      120m
}

/// Number seven.
grant seven {
  agent    assistant
  user     any
  tool     notes
  action   read
  resource "note/{user.tenant}/7"  // seven it is
}

test "a note" {
  agent assistant
  user  ana { tenant = "acme" }
  issue notes read "note/**" -> narrowed to "note/acme/7"
}
"#;

/// Mended texts have the line ends that they had, comments stay with their lines, and mending
/// once more changes nothing.
#[test]
fn mending_keeps_what_it_is_not_about() {
    let wanted = SLOPPY
        .replace("let unused = user.tenant == \"a\"\n\n", "")
        .replace("// placet: allow(any-tool) nothing here\n", "")
        .replace(
            "  action   read\n  tool     notes\n",
            "  tool     notes\n  action   read\n",
        )
        .replace(
            "not (user.tenant != \"x\")  // placet: allow(any-action) old",
            "user.tenant == \"x\"",
        )
        .replace("120m", "2h")
        .replace("// seven it is\n", "// seven it is\n  for      1h\n");
    for (ending, mark) in [("\n", ""), ("\r\n", ""), ("\n", "\u{feff}")] {
        let folder = Folder::new();
        let with = |text: &str| format!("{mark}{}", text.replace('\n', ending));
        folder.file("notes.placet", with(SLOPPY));
        for _ in 0..2 {
            folder
                .run(&["lint", "--fix", "--unsafe", "--fail-on", "note"])
                .ends(0);
            assert_eq!(folder.read("notes.placet"), with(&wanted), "{ending:?}");
        }
    }
}

/// Fixes that are refused keep no others back, however many they are.
#[test]
fn refused_fixes_keep_no_others_back() {
    let mut text = policy(CLEAN);
    for at in 0..6 {
        // The test names the rule: it cannot be taken away.
        text.push_str(&format!(
            "\n/// Once more.\ngrant again-{at} {{ agent assistant  user any  tool notes  action read  \
             resource \"note/{{user.tenant}}/*\"  for 3m }}\n\
             \ntest \"again {at}\" {{\n  agent assistant\n  user  ana {{ tenant = \"acme\" }}\n  \
             issue notes write \"note/**\" -> deny no-grant\n  \
             issue notes read \"note/**\" for 3m -> narrowed to \"note/acme/*\" by again-{at}\n}}\n\
             \nlet unused-{at} = user.tenant == \"{at}\"\n"
        ));
    }
    let folder = Folder::new();
    folder.file("notes.placet", &text);
    let run = folder.run(&["lint", "--fix", "--unsafe"]).ends(1);
    assert_eq!(
        run.stderr.matches("not mended").count(),
        6,
        "{}",
        run.stderr
    );
    assert!(!folder.read("notes.placet").contains("unused"));
}

/// One file that may not be written keeps all others as they are.
#[test]
fn a_file_that_is_read_only_is_not_mended() {
    let folder = with(UNSORTED);
    folder.file("words.placet", "let unused = user.tenant == \"a\"\n");
    let path = folder.path().join("words.placet");
    let mut permissions = std::fs::metadata(&path).expect("it is there").permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&path, permissions).expect("they can be set");
    let run = folder.run(&["lint", "--fix"]).ends(2);
    assert!(run.stderr.contains("words.placet"), "{}", run.stderr);
    assert!(run.stderr.contains("read-only"), "{}", run.stderr);
    assert_eq!(folder.read("notes.placet"), policy(UNSORTED));
    assert!(folder.read("words.placet").contains("unused"));
}

/// The name of a file cannot begin a line, which a build server would take for a command.
#[cfg(unix)]
#[test]
fn a_file_name_commands_nothing() {
    let folder = Folder::new();
    folder.file("a\n::error::b.placet", policy(UNSORTED));
    for format in ["text", "github", "sarif", "json"] {
        let run = folder.run(&["lint", "--format", format]);
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(!said.contains("\n::error::"), "{format}: {said}");
    }
    let run = folder.run(&["lint", "--fix"]).ends(0);
    assert!(!run.stderr.contains("\n::error::"), "{}", run.stderr);
}
