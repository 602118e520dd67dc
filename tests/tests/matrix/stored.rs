//! The matrices that are stored beside the real policies.

use std::path::{Path, PathBuf};

use placet::Engine;
use placet::suite::matrix::{Matrix, Options, Recorded};

#[test]
fn the_stored_matrices_are_what_the_policies_do() {
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
    let mut stored = 0;
    for entry in std::fs::read_dir(policies).expect("there are policies") {
        let folder = entry.expect("each has a name").path();
        if folder.is_dir() {
            check(&folder, &folder.join("snapshots/matrix.txt"));
            stored += 1;
        }
    }
    assert!(stored >= 2, "banking and github have one");
}

fn check(folder: &Path, snapshot: &Path) {
    let texts = files(folder).into_iter().map(|path| {
        let text = std::fs::read(&path).expect("it can be read");
        (path.display().to_string(), text)
    });
    let checked = placet::check(texts);
    let engine = Engine::new(checked.policy.expect("it compiles"));
    let matrix = Matrix::build(&engine, &checked.files, &Options::default());
    let matrix = matrix.expect("it is small enough");
    let text = matrix.text();
    let accepted = std::fs::read_to_string(snapshot)
        .unwrap_or_else(|_| panic!("run `placet matrix {} --accept`", folder.display()));
    assert!(
        accepted.replace("\r\n", "\n") == text,
        "`placet matrix {} --snapshot` tells what changed",
        folder.display()
    );
    // What is read back is what was written.
    assert_eq!(Recorded::read(&text), Ok(matrix.recorded()));
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("it is a folder")
        .map(|entry| entry.expect("each has a name").path())
        .filter(|path| path.extension().is_some_and(|end| end == "placet"))
        .collect();
    files.sort();
    files
}

#[test]
fn odd_names_are_read_back_as_they_are() {
    let text = r#"
        policy odd { language 1  layers main  lifetime 1h }
        facts user { home: text, level: "low" | "high" }
        agent "a | grant \"x\" \\"
        group agents "the \"few\"" from request
        group users  "in | out" from request
        action "do \"it\" | now" in "all | of it"
        group actions "all | of it"
        tool "odd tool" { action "do \"it\" | now" {
          "run \"1\""(who: text, level: "low" | "high", n: int, to: text, link: text)
            -> "who/{who}/{level}/{n}", "{email(to)}", "web/{url(link)}", "say \"%7B\" | x/{who}"
        } }
        grant g { agent any  user any, none  tool any  action any  resource "who/**", "email/acme.com/*"
                  when has user }
        grant h { agent any  user in "in | out"  tool any  action any  resource "say \"%7B\" | x/{user.home}" }
        grant w { agent any  user any  tool any  action any  resource "web/https/acme.com/443/**" }
        deny  d { resource "who/*/low/7" }
        given "it | is" { user "u \"1\"" { home = "a \" | b" } }
    "#;
    let checked = placet::check([("odd.placet", text)]);
    let Some(policy) = checked.policy else {
        panic!("{:#?}", checked.diagnostics)
    };
    let engine = Engine::new(policy);
    let matrix = Matrix::build(&engine, &checked.files, &Options::default());
    let matrix = matrix.expect("it is small enough");
    assert_eq!(Recorded::read(&matrix.text()), Ok(matrix.recorded()));
    insta::assert_snapshot!(matrix.text());
}
