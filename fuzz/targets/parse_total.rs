//! Parsing ends, never panics, and its places lie within the text; whatever the bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use placet_syntax::{FileId, Source, parse};

fuzz_target!(|bytes: &[u8]| {
    let source = Source::new("fuzz.placet", String::from_utf8_lossy(bytes));
    let parsed = parse(FileId(0), &source);
    for diagnostic in &parsed.diagnostics {
        let suggested = diagnostic.suggestion.as_ref().map(|edit| edit.span);
        let places = diagnostic.labels.iter().map(|label| label.span);
        for span in places.chain(suggested) {
            let text = source.text.get(span.range());
            assert!(text.is_some(), "{diagnostic:?} lies outside of the text");
        }
    }
    if parsed.has_errors() {
        assert!(parsed.file.recovered);
    }
});
