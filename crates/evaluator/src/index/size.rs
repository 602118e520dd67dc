//! What an engine keeps is linear in its policy, whatever the rules: sizes of structures at
//! two sizes of each hostile set, not times.

use std::fmt::Write as _;

use placet_compiler::texts::compile;

use super::Index;

/// The nodes and cases of all graphs, and the entries of their index, for so many rules.
fn size(rules: usize, rule: impl Fn(usize) -> String) -> usize {
    let mut text = String::from(
        "policy hostile { language 1  layers main  lifetime 1h }
         facts context { risk: int }
         group agents outer
         group agents inner in outer
         agent bot in inner
         tool one { action act -> \"**\" }
         tool two { action act -> \"**\" }\n",
    );
    for at in 0..rules {
        let _ = writeln!(text, "grant r{at} {{ user any  {} }}", rule(at));
    }
    let policy = compile([("hostile", text)]).unwrap_or_else(|findings| panic!("{findings}"));
    let graphs = policy.graphs().iter();
    let of_graphs: usize = graphs
        .map(|graph| graph.nodes.len() + graph.cases.len())
        .sum();
    of_graphs + Index::new(policy.policy(), policy.graphs()).entries()
}

/// Checks that a set that is four times as large needs no more than four times as much, and
/// that no rule needs more than `most`.
fn check(name: &str, most: usize, rule: impl Fn(usize) -> String) {
    let (few, many) = (size(100, &rule), size(400, &rule));
    // A table has room for twice its cases, rounded up to a power of two.
    assert!(many <= few * 5, "{name}: {few} became {many}");
    assert!(many <= 400 * most, "{name}: {many} for 400 rules");
}

#[test]
fn no_set_of_rules_takes_more_than_linear_memory() {
    let all = "agent any  tool any  action act";
    check("all wildcards", 16, |_| {
        format!("{all}  resource \"*/*/**\"")
    });
    check("any tool", 24, |at| format!("{all}  resource \"t{at}/**\""));
    check("one key", 16, |_| {
        "agent bot  tool one  action act  resource \"a/b/c\"".to_owned()
    });
    check("groups within groups", 16, |_| {
        "agent in outer, inner  tool one, two  action act  resource any".to_owned()
    });
    // Every row of nine segments that are each `a` or `*`.
    check("overlaps at every depth", 64, |at| {
        let segments = (0..9).map(|bit| if at >> bit & 1 == 1 { "a" } else { "*" });
        let segments: Vec<&str> = segments.collect();
        format!("{all}  resource \"{}/**\"", segments.join("/"))
    });
    check("one tool, one condition of its own", 16, |at| {
        format!("agent any  tool one  action act  resource any  when context.risk < {at}")
    });
    check("alternatives that shift", 64, |at| {
        let each = |way: usize| format!("\"w{way}/{}/{}\"", at / (way + 1), at % (way + 2));
        format!("{all}  resource {}, {}, {}", each(0), each(1), each(2))
    });
}
