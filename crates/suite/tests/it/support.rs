//! One policy for all tests, and how they are run on it.

use placet_suite::{Options, Report, run, run_checked};

/// The texts of the policy with one more.
pub(crate) fn texts(tests: &str) -> [(&'static str, String); 3] {
    [
        ("shop.placet", include_str!("world.placet").to_owned()),
        ("org.placet", include_str!("org.placet").to_owned()),
        ("tests.placet", tests.to_owned()),
    ]
}

/// Runs tests on the policy.
pub(crate) fn report(tests: &str) -> Report {
    run(texts(tests)).unwrap_or_else(|findings| panic!("{findings}"))
}

/// The same in a chosen way.
pub(crate) fn report_with(tests: &str, options: &Options) -> Report {
    let checked = placet_compiler::texts::check(texts(tests));
    run_checked(&checked, options).expect("a policy without errors")
}
