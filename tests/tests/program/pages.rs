//! `explain-code`, `completions`, `man`.

use crate::support::Folder;

#[test]
fn codes_are_explained_in_any_case_and_guessed() {
    let folder = Folder::new();
    folder
        .run(&["explain-code", "pl0001"])
        .ends(0)
        .shows("PL0001");
    folder.run(&["explain-code"]).ends(0).shows("PL0001  ");
    folder
        .run(&["explain-code", "PL001"])
        .ends(2)
        .says("did you mean `PL0001`?");
    folder
        .run(&["explain-code", "E0308"])
        .ends(2)
        .says("unknown diagnostic code `E0308`");
}

#[test]
fn shells_can_complete() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        folder
            .run(&["completions", shell])
            .ends(0)
            .shows("explain-code");
    }
    folder.run(&["completions", "csh"]).ends(2).says("bash");
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = Folder::new();
    folder.run(&["man"]).ends(0).shows(".TH placet 1");
    folder.run(&["man", "--dir", "man"]).ends(0);
    for page in [
        "placet",
        "placet-decide",
        "placet-explain-code",
        "placet-audit-query",
    ] {
        let text = folder.read(&format!("man/{page}.1"));
        assert!(text.contains(".SH SYNOPSIS"), "{page}");
    }
}

#[test]
fn every_code_has_a_page_in_the_program() {
    let folder = Folder::new();
    for code in placet::syntax::Code::ALL {
        let page = folder.run(&["explain-code", code.as_str()]).ends(0).stdout;
        assert!(page.starts_with(&format!("# {code}")), "{code}: {page}");
        assert!(page.lines().count() > 5, "{code}: {page}");
    }
}
