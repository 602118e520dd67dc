//! The engine against the specification over the policies that the repository ships.

use std::fs;
use std::path::Path;

use placet_reference::differential::{Counts, compare};
use placet_reference::generate::{Dice, File};
use placet_reference::pipeline::compile;

#[test]
fn real_policies_decide_as_the_specification_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let mut suites = 0;
    for suite in fs::read_dir(root).expect("the policies") {
        let suite = suite.expect("a suite").path();
        if !suite.is_dir() {
            continue;
        }
        let mut files = vec![];
        for file in fs::read_dir(&suite).expect("a folder") {
            let path = file.expect("a file").path();
            if path.extension().is_some_and(|end| end == "placet") {
                files.push(File {
                    name: path.display().to_string(),
                    items: vec![fs::read_to_string(&path).expect("a text")],
                });
            }
        }
        let compiled = compile(&files).expect("a policy");
        let mut counts = Counts::default();
        let found = compare(files, compiled, &mut Dice::seeded(7), 400, &mut counts);
        assert!(
            found.is_ok(),
            "{:?}",
            found.err().map(|found| found.sides())
        );
        suites += 1;
    }
    assert!(suites >= 2, "{suites} suites");
}
