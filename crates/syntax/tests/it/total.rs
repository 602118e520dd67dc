//! Every text gives a tree and diagnostics, quickly and on a small stack.

use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

use placet_syntax::{Code, FileId, Lines, Parsed, Source, format, limits, parse};
use proptest::{collection::vec, prelude::*, sample::select};

use crate::{
    fixtures::FIXTURES,
    render::{parsed, rendered},
};

/// Parses and checks what holds of every text.
fn check(text: &str) -> Parsed {
    let source = Source::new("test.placet", text);
    let found = parse(FileId(0), &source);
    let lines = Lines::new(text);
    assert!(found.diagnostics.len() <= limits::DIAGNOSTICS + 1);
    for diagnostic in &found.diagnostics {
        assert!(!diagnostic.message.is_empty());
        assert!(diagnostic.primary().is_some(), "{diagnostic:?}");
        let suggestion = diagnostic.suggestion.iter();
        let spans = diagnostic.labels.iter().map(|label| label.span);
        for span in spans.chain(suggestion.map(|suggestion| suggestion.span)) {
            assert!(text.get(span.range()).is_some(), "{diagnostic:?}");
            assert!(lines.line_column(text, span.start).line >= 1);
        }
    }
    for item in &found.file.items {
        assert!(text.get(item.span.range()).is_some(), "{:?}", item.span);
    }
    assert_eq!(format(&found).is_none(), found.has_errors());
    assert_eq!(found.file.recovered, found.has_errors());
    found
}

/// Parses on a stack of 2 MiB, in not too long a time, and gives the codes found.
fn hostile(text: String) -> Vec<Code> {
    let worker = move || {
        let start = busy();
        let found = check(&text);
        let taken = busy() - start;
        assert!(taken < Duration::from_secs(20), "{taken:?}");
        let mut codes: Vec<Code> = found.diagnostics.iter().map(|found| found.code).collect();
        codes.sort();
        codes.dedup();
        codes
    };
    let thread = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
    thread.spawn(worker).unwrap().join().unwrap()
}

/// How long this thread has been running, other work on the machine left out where the
/// system tells.
fn busy() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    let read = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = read.and_then(|stat| stat.split(' ').next()?.parse().ok());
    let wall = || START.get_or_init(Instant::now).elapsed();
    nanos.map_or_else(wall, Duration::from_nanos)
}

fn when(condition: &str) -> String {
    format!("deny d {{ when {condition} }}\n")
}

#[test]
fn deep_nesting_is_an_error_and_never_an_overflow() {
    let deep = 10_000;
    let nested = [
        when(&format!("{}a{}", "(".repeat(deep), ")".repeat(deep))),
        when(&"(".repeat(deep)),
        when(&format!("a in {}1{}", "[".repeat(deep), "]".repeat(deep))),
        when(&format!("{}a", "not ".repeat(deep))),
        when(&format!("{}p", "all x in xs: ".repeat(deep))),
        when(&format!("{}ys: p", "some x in all y in ".repeat(deep))),
        when(&format!("{}a{}", "count(".repeat(deep), ")".repeat(deep))),
        when(&format!("{}a{}", "f(".repeat(deep), ")".repeat(deep))),
        format!(
            "facts user {{ a: {}int{} }}",
            "set<".repeat(deep),
            ">".repeat(deep)
        ),
        format!(
            "facts user {{ a: {}int{} }}",
            "{ a: ".repeat(deep),
            "}".repeat(deep)
        ),
        format!("agent a {}{}", "{ a = ".repeat(deep), "}".repeat(deep)),
        format!("agent a {{ a = {}{} }}", "[".repeat(deep), "]".repeat(deep)),
    ];
    for text in nested {
        let start: String = text.chars().take(60).collect();
        let codes = hostile(text);
        assert!(codes.contains(&Code::PL0902), "{start}: {codes:?}");
    }
}

#[test]
fn nesting_within_the_limit_is_fine() {
    let deep = limits::NESTING;
    let parens = |deep: usize| when(&format!("{}a{}", "(".repeat(deep), ")".repeat(deep)));
    assert_eq!(hostile(parens(deep)), []);
    assert_eq!(hostile(parens(deep + 1)), [Code::PL0902]);
    assert_eq!(
        hostile(when(&format!("{}p", "all x in xs: ".repeat(deep)))),
        []
    );
}

#[test]
fn long_files_take_linear_time() {
    let mib = if cfg!(debug_assertions) { 256 } else { 1024 } * 1024;
    assert_eq!(hostile(format!("// {}", "x".repeat(mib))), []);
    assert_eq!(
        hostile(when(&"a or ".repeat(mib / 5)).replace("or  }", "or b }")),
        []
    );
    assert_eq!(hostile("group agents a\n".repeat(mib / 15)), []);
    assert_eq!(
        hostile(format!("deny d {{ {} }}", "consent ".repeat(mib / 8))),
        []
    );
    assert!(!hostile("a ".repeat(mib / 2)).is_empty());
    assert!(!hostile("{".repeat(mib)).is_empty());
    assert!(!hostile("}".repeat(mib)).is_empty());
    assert!(!hostile("\"".repeat(mib)).is_empty());
    assert!(!hostile("\0".repeat(mib)).is_empty());
    assert!(!hostile("deny d {\n".repeat(mib / 9)).is_empty());
    assert!(!hostile("history h = calls tool a\n".repeat(mib / 25)).is_empty());
    assert!(
        !hostile(format!(
            "history h = calls {} !",
            "tool a\n".repeat(mib / 7)
        ))
        .is_empty()
    );
    assert!(
        !hostile(format!(
            "test \"t\" {{ {} !",
            "agent a in b\n".repeat(mib / 13)
        ))
        .is_empty()
    );
    assert!(
        !hostile(format!(
            "tool t {{ {} !",
            "action a { f() -> \"x\" }\n".repeat(mib / 24)
        ))
        .is_empty()
    );
    assert!(!hostile("@a(".repeat(mib / 3)).is_empty());
    assert!(!hostile("/// d\n".repeat(mib / 6)).is_empty());
}

#[test]
fn a_file_has_a_limit_of_size_and_of_findings() {
    let codes = hostile("x".repeat(limits::FILE_BYTES + 1));
    assert_eq!(codes, [Code::PL0901]);
    let codes = hostile("grant x { agent }\n".repeat(1000));
    assert_eq!(codes, [Code::PL0001, Code::PL0903]);
    let long = "x".repeat(limits::STRING_BYTES + 1);
    assert_eq!(hostile(format!("agent \"{long}\"")), [Code::PL0905]);
}

#[test]
fn line_ends_of_other_systems_are_fine() {
    for (name, text) in FIXTURES {
        let found = parsed(&text.replace('\n', "\r\n"));
        assert!(found.diagnostics.is_empty(), "{name}: {}", rendered(text));
        assert_eq!(found.file, parsed(text).file, "{name}");
        assert_eq!(format(&found), format(&parsed(text)), "{name}");
    }
}

#[test]
fn a_byte_order_mark_is_a_warning() {
    let found = check("\u{feff}agent a");
    assert!(!found.has_errors());
    assert_eq!(found.diagnostics[0].code, Code::PL0015);
    assert_eq!(format(&found).unwrap(), "agent a\n");
}

#[test]
fn a_word_that_is_mended_keeps_its_place() {
    let found = check("\u{202e}eny frozen { action deploy  unless }\n");
    assert_eq!(found.file.items[0].span.range(), 3..39);
    check("agentsé x");
    check("égent x in y");
    check("deny d { régource \"x\" ! }");
}

fn soup() -> impl Strategy<Value = String> {
    const WORDS: &[&str] = &[
        "policy",
        "facts",
        "agent",
        "group",
        "action",
        "tool",
        "let",
        "history",
        "grant",
        "deny",
        "require",
        "claim",
        "given",
        "test",
        "layer",
        "user",
        "resource",
        "when",
        "unless",
        "for",
        "consent",
        "approval",
        "delegate",
        "budget",
        "any",
        "none",
        "in",
        "and",
        "or",
        "not",
        "has",
        "all",
        "some",
        "count",
        "sum",
        "where",
        "never",
        "every",
        "needs",
        "issue",
        "call",
        "list",
        "after",
        "revoke",
        "a",
        "x-1",
        "args.x",
        "\"s/{*x}\"",
        "\"",
        "15m",
        "1.5",
        "-3",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ",",
        ":",
        "=",
        "==",
        "->",
        "<",
        ".",
        "|",
        "?",
        "...",
        "@o",
        "/// d",
        "// c",
        "\n",
        "\n\n",
        "&&",
        "'",
        "\u{202e}",
        "\0",
        "\\",
        "e\u{301}",
        "\r",
        "—",
    ];
    vec(select(WORDS), 0..60).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 400 } else { 20_000 }))]

    #[test]
    fn any_text_parses(text in "\\PC{0,80}") {
        check(&text);
    }

    #[test]
    fn any_bytes_parse(bytes in vec(any::<u8>(), 0..200)) {
        check(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_words_parse(text in soup()) {
        check(&text);
    }

    #[test]
    fn any_damage_parses(
        which in 0..FIXTURES.len(), from in 0.0..1.0f64, length in 0..40usize, with in soup(),
    ) {
        let text = FIXTURES[which].1;
        let boundary = |at: usize| (0..=at.min(text.len())).rfind(|at| text.is_char_boundary(*at)).unwrap();
        let start = boundary((from * text.len() as f64) as usize);
        let end = boundary(start + length).max(start);
        let short: String = with.chars().take(length).collect();
        check(&format!("{}{}{}", &text[..start], short, &text[end..]));
    }
}
