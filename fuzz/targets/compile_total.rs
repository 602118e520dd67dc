//! Checking and compiling a policy set ends and never panics; what compiles saves and
//! loads to the same policy; order means nothing. Lines of `---` part the files.
#![no_main]

use libfuzzer_sys::fuzz_target;
use placet::Policy;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let files: Vec<(&str, &str)> = text.split("\n---\n").map(|file| ("fuzz", file)).collect();
    let checked = placet::check(files.iter().copied());
    for diagnostic in &checked.diagnostics {
        for label in &diagnostic.labels {
            let source = checked
                .sources
                .get(label.file)
                .expect("findings name files");
            assert!(
                source.text.get(label.span.range()).is_some(),
                "{diagnostic:?}"
            );
        }
    }
    let reversed = placet::check(files.iter().rev().copied());
    assert_eq!(
        checked.policy.is_some(),
        reversed.policy.is_some(),
        "order decides whether it compiles"
    );
    let Some(policy) = checked.policy else {
        return;
    };
    let saved = policy.save();
    assert_eq!(Policy::load(&saved).expect("what was saved loads"), policy);
    let reversed = reversed.policy.expect("it compiles in either order");
    assert!(reversed.save() == saved, "order changes what is compiled");
});
