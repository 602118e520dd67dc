//! What parses prints to text that parses to the same tree, and formatting is done once.
#![no_main]

use libfuzzer_sys::fuzz_target;
use placet_syntax::{FileId, Source, format, parse, print};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let source = Source::new("fuzz.placet", text);
    let parsed = parse(FileId(0), &source);
    let Some(formatted) = format(&parsed) else {
        return;
    };
    let source = Source::new("formatted.placet", formatted.as_str());
    let again = parse(FileId(0), &source);
    assert!(!again.has_errors(), "{formatted}\n{:?}", again.diagnostics);
    assert_eq!(parsed.file, again.file, "{formatted}");
    assert_eq!(
        parsed.comments.len(),
        again.comments.len(),
        "a comment is lost or made: {formatted}"
    );
    assert_eq!(Some(&formatted), format(&again).as_ref());

    let printed = print(&parsed.file);
    let reparsed = parse(FileId(0), &Source::new("printed.placet", printed.as_str()));
    assert_eq!(parsed.file, reparsed.file, "{printed}");
});
