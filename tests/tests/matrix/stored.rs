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
