//! `placet test guide.md`: documents among suites, and what is said of them.

use crate::support::Folder;

const WORLD: &str = r#"policy notes { language 1  layers main  lifetime 1h }
agent assistant
tool notes { action read { read_note(owner: text) -> "note/{owner}" } }
grant own {
  agent assistant  user any  tool notes  action read  resource "note/{user.id}"
}
"#;

const GUIDE: &str = r#"# Guide

<!-- placet with ../policy/world.placet -->

## Own notes

```placet
test "own notes are read" {
  agent assistant
  user  ana
  issue notes read "note/*" -> narrowed to "note/ana" by own
}
```

## Mistakes

```placet
deny no-writing { action write }  // error[PL0105]: `write`
```
"#;

fn folder() -> Folder {
    let folder = Folder::new();
    folder
        .file("policy/world.placet", WORLD)
        .file("policy/README.md", "```placet\nnot looked at\n```\n")
        .file("docs/guide.md", GUIDE)
        .file("docs/more/prose.md", "# Nothing to run\n");
    folder
}

#[test]
fn a_document_is_told_of_section_by_section() {
    let folder = folder();
    folder
        .run(&["test", "docs/guide.md"])
        .ends(0)
        .shows("ok   Own notes > own notes are read (1 step)\nok   Mistakes (1 finding)\n")
        .shows("passed: 2 tests");
    let wrong = GUIDE
        .replace("deny no-writing", "\n\ndeny no-writing")
        .replace("\"note/ana\"", "\"note/ben\"");
    folder.file("docs/guide.md", wrong.replace("PL0105", "PL0106"));
    let run = folder.run(&["test", "docs/guide.md"]).ends(1);
    run.shows("error: expected narrowed to \"note/ben\" by \"main/own\"")
        .shows("--> docs/guide.md:11:")
        .shows("error[PL0105]: unknown action `write`")
        .shows("--> docs/guide.md:20:26")
        .shows("error: expected error[PL0106]: `write`")
        .shows("--> docs/guide.md:20:35");
    let report = folder
        .run(&["test", "docs/guide.md", "--format", "json"])
        .ends(1)
        .json();
    assert_eq!(report["tests"][0]["steps"], 1);
    let section = &report["tests"][1];
    assert_eq!(section["name"], "Mistakes");
    assert_eq!(section["expects"], 1);
    assert_eq!(section["unexpected"][0]["code"], "PL0105");
    assert_eq!(section["unexpected"][0]["place"]["line"], 20);
    assert_eq!(section["missing"][0]["expected"], "error[PL0106]: `write`");
    folder
        .run(&["test", "docs/guide.md", "--format", "junit"])
        .ends(1)
        .shows("<testsuite name=\"docs/guide.md\" tests=\"2\" failures=\"2\"")
        .shows("<failure type=\"findings\" message=\"1 not expected, 1 not found\">");
}

#[test]
fn a_folder_is_policies_or_documents() {
    let folder = folder();
    let run = folder.run(&["test", "docs"]).ends(0);
    run.shows("Own notes").shows("of 1 suite");
    // What describes a policy is not run unless it is named.
    folder.run(&["test", "policy"]).ends(0).shows("no tests");
    let run = folder.run(&["test", "policy", "docs"]).ends(0);
    run.shows("policy\nno tests")
        .shows("docs/guide.md\nok   Own notes")
        .shows("passed: 2 tests of 2 suites");
    folder
        .run(&["test", "policy", "docs/guide.md", "policy/README.md"])
        .ends(1)
        .shows("error[PL0002]: expected a declaration or rule")
        .shows("--> policy/README.md:2:1")
        .shows("failed: 1 of 3 tests, in 1 of 3 suites");
    folder.file("empty/notes.txt", "");
    folder
        .run(&["test", "empty"])
        .ends(2)
        .says("no policy file and no document in `empty`");
    folder
        .run(&["test", "docs", "--filter", "Mistakes"])
        .ends(0)
        .shows("passed: 1 test of 1 suite, 1 left out");
}

#[test]
fn a_document_without_blocks_has_no_tests() {
    let folder = folder();
    for path in ["docs/more", "docs/more/prose.md"] {
        folder.run(&["test", path]).ends(0).shows("no tests");
        folder.run(&["test", path, "--fail-on-empty"]).ends(1);
    }
}

#[test]
fn an_error_in_one_document_does_not_hide_the_others() {
    let folder = folder();
    folder
        .file("docs/bytes.md", b"# A\n\xff\n")
        .file("docs/open.md", "```placet\nlayer a\n")
        .file(
            "docs/with.md",
            "<!-- placet with prose.txt -->\n```placet\n```\n",
        )
        .file(
            "docs/gone.md",
            "<!-- placet with gone.placet -->\n```placet\n```\n",
        );
    folder
        .run(&["test", "docs"])
        .ends(2)
        .shows("ok   Own notes")
        .shows("passed: 2 tests of 5 suites, and 4 suites could not be run")
        .says("error: docs/bytes.md:2: the document is not UTF-8")
        .says("error: docs/open.md:1: the block that begins here is never closed")
        .says("error: docs/with.md:1: `docs/prose.txt` is neither policy text nor a document")
        .says("docs/gone.md: cannot read `docs/gone.placet`");
}

#[test]
fn other_commands_say_what_documents_are_for() {
    for command in ["check", "mutate", "matrix"] {
        folder()
            .run(&[command, "docs/guide.md"])
            .ends(2)
            .says("`docs/guide.md` is a document, and policy text is needed here")
            .says("`placet test` runs the blocks of documents");
    }
}
