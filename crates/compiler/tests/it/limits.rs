//! Every limit is where `limits` says, and one more is an error with one code.

use placet_compiler::limits;

use crate::support::check_files;

const POLICY: &str = "policy p { language 1  layers main  lifetime 1h }\n\
    facts user { tenant: text, names: set<text> }\n\
    facts context { risk: int }\n\
    tool t { action go -> \"x/**\" }\n\
    deny some { action go }\n";

/// Writes a list of `count` parts.
fn list(count: usize, part: impl Fn(usize) -> String) -> String {
    let parts: Vec<String> = (0..count).map(part).collect();
    parts.join(", ")
}

/// Checks that a text of the limit's size is fine, and one of one more is not.
fn check(limit: usize, text: impl Fn(usize) -> String) {
    let codes = |size: usize| -> Vec<&str> {
        let (checked, _) = check_files(&[("p", POLICY), ("case", &text(size))]);
        checked
            .diagnostics
            .iter()
            .map(|found| found.code.as_str())
            .collect()
    };
    assert_eq!(codes(limit), Vec::<&str>::new(), "{limit}");
    assert_eq!(codes(limit + 1), ["PL0910"], "{}", limit + 1);
}

#[test]
fn lists_are_bounded() {
    check(limits::PATTERNS, |size| {
        format!(
            "deny d {{ resource {} }}",
            list(size, |at| format!("\"x/{at}\""))
        )
    });
    check(limits::PATTERNS, |size| {
        format!(
            "history h = calls resource {} per task",
            list(size, |at| format!("\"x/{at}\""))
        )
    });
    check(limits::PATTERNS, |size| {
        format!(
            "facts resource {} {{ owner: text }}",
            list(size, |at| format!("\"x/{at}\""))
        )
    });
    check(limits::NAMES, |size| {
        format!("deny d {{ user {} }}", list(size, |at| format!("u{at}")))
    });
    check(limits::NAMES, |size| {
        format!("group users g = {}", list(size, |at| format!("u{at}")))
    });
    check(limits::LIST, |size| {
        format!(
            "deny d {{ user any  when user.tenant in [{}] }}",
            list(size, |at| format!("\"{at}\""))
        )
    });
    check(limits::ROWS, |size| {
        let rows: Vec<String> = (0..size).map(|at| format!("\"{at}\" {{}}")).collect();
        format!("test \"t\" {{ rows {{ {} }} }}", rows.join("\n"))
    });
    check(limits::CLAUSES, |size| {
        format!("deny d {{ {} }}", "when context.risk > 3\n".repeat(size))
    });
}

#[test]
fn types_are_bounded() {
    check(limits::FIELDS, |size| {
        let members: Vec<String> = (0..size).map(|at| format!("\"m{at}\"")).collect();
        format!("facts user {{ role: {} }}", members.join(" | "))
    });
    check(limits::FIELDS, |size| {
        format!(
            "facts user {{ r: {{ {} }} }}",
            list(size, |at| format!("f{at}: int"))
        )
    });
    check(limits::FIELDS, |size| {
        format!(
            "tool s {{ action go {{ f({}) -> \"x\" }} }}",
            list(size, |at| format!("p{at}: int"))
        )
    });
}

#[test]
fn layers_are_bounded() {
    let codes = |size: usize| -> Vec<String> {
        let mut files = vec![format!(
            "layer l0\npolicy p {{ language 1  layers {}  lifetime 1h }}\ntool t {{ action go -> \"x\" }}\ndeny d {{ }}",
            list(size, |at| format!("l{at}"))
        )];
        files.extend((1..size).map(|at| format!("layer l{at}\ndeny d {{ }}")));
        let files: Vec<(&str, &str)> = files.iter().map(|text| ("p", text.as_str())).collect();
        let (checked, _) = check_files(&files);
        checked
            .diagnostics
            .iter()
            .map(|found| found.code.to_string())
            .collect()
    };
    assert_eq!(codes(limits::LAYERS), Vec::<String>::new());
    assert_eq!(codes(limits::LAYERS + 1), ["PL0910"]);
}

#[test]
fn conditions_are_bounded_after_lets_are_written_out() {
    // Sixteen uses of sixteen: far fewer lines than parts.
    let uses = |name: &str| [name; 16].join(" and ");
    let lets = format!(
        "let a = context.risk > 1\nlet b = {}\nlet c = {}\nlet d = {}\n",
        uses("a"),
        uses("b"),
        uses("c")
    );
    let codes = |condition: &str| -> Vec<String> {
        let text = format!("{lets}deny e {{ when {condition} }}");
        let (checked, _) = check_files(&[("p", POLICY), ("case", &text)]);
        checked
            .diagnostics
            .iter()
            .map(|found| found.code.to_string())
            .collect()
    };
    // The let that is too large is reported, and what uses it is not.
    assert_eq!(codes("d"), ["PL0912"]);
    assert_eq!(codes("c and c and c and c"), ["PL0912", "PL0912"]);
    assert_eq!(codes("b and b"), ["PL0912"]);
}

#[test]
fn what_is_given_to_a_let_counts_wherever_it_is_read() {
    // Every call doubles what it is given, in one shared expression.
    let codes = |calls: usize| -> Vec<String> {
        let (open, close) = ("twice(".repeat(calls), ")".repeat(calls));
        let text = format!(
            "let twice(x: bool) = x and x\ndeny e {{ when {open}context.risk > 1{close} }}"
        );
        let (checked, _) = check_files(&[("p", POLICY), ("case", &text)]);
        checked
            .diagnostics
            .iter()
            .map(|found| found.code.to_string())
            .collect()
    };
    assert_eq!(codes(4), Vec::<String>::new());
    assert_eq!(codes(30), ["PL0912"]);
    assert_eq!(codes(60), ["PL0912"]);
}

#[test]
fn tests_written_out_for_each_row_are_bounded() {
    let codes = |lines: usize, rows: usize, cell: usize| {
        let lines = "call t { a = row.a } -> grant\n".repeat(lines);
        let cell = "x".repeat(cell);
        let rows: Vec<String> = (0..rows)
            .map(|at| format!("\"{at}\" {{ a = \"{cell}\" }}"))
            .collect();
        let text = format!("test \"t\" {{ {lines} rows {{ {} }} }}", rows.join("\n"));
        let (checked, _) = check_files(&[("p", POLICY), ("case", &text)]);
        let mut codes: Vec<&str> = checked
            .diagnostics
            .iter()
            .map(|found| found.code.as_str())
            .collect();
        codes.dedup();
        codes.join(" ")
    };
    assert!(!codes(10_000, 10, 4).contains("PL0910"));
    assert_eq!(codes(10_000, 100, 4), "PL0910");
    assert_eq!(codes(10_000, 1, 10_000), "PL0910");
}
