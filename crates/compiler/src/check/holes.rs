//! Patterns of rules and regions: holes, captures, and where they lie.

use std::collections::{BTreeMap, BTreeSet};

use placet_model::pattern::Concrete;
use placet_model::policy::{Extract, Hole, Pattern, Segment};
use placet_syntax::ast::{self, FileId, Spanned};
use placet_syntax::{Code, Diagnostic};
use smol_str::SmolStr;

use super::lines::segments_only;
use crate::expr::{Elaborator, hidden, is_built_in};
use crate::limits;
use crate::patterns::{extract, plain_segment, read_pattern};
use crate::report::{DiagnosticAt, Place, Report};
use crate::resolve::constants::listed;
use crate::resolve::names::{check_count, repeated};
use crate::ty::Ty;
use crate::world::World;

/// The patterns of a `resource` clause as they are written.
#[derive(Default)]
pub(crate) struct Written {
    pub(crate) patterns: Vec<Spanned<ast::Pattern>>,
    /// What they capture, sorted by name.
    pub(crate) captures: Vec<(SmolStr, Place)>,
    /// A pattern could not be read: nothing can be said of where the rule lies.
    pub(crate) broken: bool,
}

/// Reads the patterns of a clause; all must capture the same names.
pub(crate) fn read_patterns(
    world: &World,
    report: &mut Report,
    file: FileId,
    clause: Option<&ast::Resources>,
) -> Written {
    let Some(ast::Resources::Listed(texts)) = clause else {
        return Written::default();
    };
    let mut written = Written::default();
    let mut seen: BTreeMap<&str, Place> = BTreeMap::new();
    for text in texts {
        let place = Place::new(file, text.span);
        if let Some(first) = seen.get(text.as_str()) {
            report.push(repeated(text, place, *first));
            continue;
        }
        seen.insert(text, place);
        match read_pattern(report, file, text) {
            Some(pattern) => written.patterns.push(Spanned::new(pattern, text.span)),
            None => written.broken = true,
        }
    }
    if let Some(extra) = texts.get(limits::PATTERNS) {
        let place = Place::new(file, extra.span);
        check_count(
            report,
            "patterns in one rule",
            texts.len(),
            limits::PATTERNS,
            place,
        );
    }
    check_same_captures(report, file, &written.patterns);
    for pattern in &written.patterns {
        for name in captured(&pattern.node) {
            if !written
                .captures
                .iter()
                .any(|(known, _)| *known == name.node)
            {
                let place = Place::new(file, name.span);
                // One that would hide something is wrong already, used or not.
                if !is_hiding(world, report, name, place) {
                    written.captures.push((name.node.clone(), place));
                }
            }
        }
    }
    written.captures.sort();
    written
}

fn captured(pattern: &ast::Pattern) -> impl Iterator<Item = &ast::Name> {
    pattern
        .segments
        .iter()
        .filter_map(|segment| match &segment.node {
            ast::Segment::Capture(name) => Some(name),
            _ => None,
        })
}

fn check_same_captures(report: &mut Report, file: FileId, patterns: &[Spanned<ast::Pattern>]) {
    let Some((first, others)) = patterns.split_first() else {
        return;
    };
    let names = |pattern: &ast::Pattern| {
        let mut names: Vec<SmolStr> = captured(pattern).map(|name| name.node.clone()).collect();
        names.sort();
        names
    };
    let wanted = names(&first.node);
    for other in others {
        let found = names(&other.node);
        if found == wanted {
            continue;
        }
        let say = |names: &[SmolStr]| format!("captures {}", listed(names));
        report.push(
            Diagnostic::error(
                Code::PL0521,
                "the patterns of one rule must capture the same names",
            )
            .here(Place::new(file, other.span), say(&found))
            .also(Place::new(file, first.span), say(&wanted))
            .note("the conditions are asked for each pattern, and read what it captures")
            .help("write `*` where a segment is not needed, or split the rule in two"),
        );
        return;
    }
}

fn is_hiding(world: &World, report: &mut Report, name: &str, place: Place) -> bool {
    let hidden_name = if is_built_in(name) {
        hidden(name, "built in", place, None)
    } else if let Some(decl) = world.lets.get(name) {
        let first = decl.decl.place(decl.decl.node.name.span);
        hidden(name, "a let", place, Some(first))
    } else if let Some((_, history)) = world.history(name) {
        hidden(name, "a history", place, Some(history.place))
    } else {
        return false;
    };
    report.push(hidden_name);
    true
}

/// Reports what is captured and never read.
pub(crate) fn check_used(
    report: &mut Report,
    captures: &[(SmolStr, Place)],
    used: &BTreeSet<usize>,
) {
    for (at, (name, place)) in captures.iter().enumerate() {
        if !used.contains(&at) {
            report.push(
                Diagnostic::error(
                    Code::PL0520,
                    format!("`{name}` is captured, and no condition reads it"),
                )
                .here(*place, "not used")
                .help("write `*` for any one segment, or compare it in a `when`"),
            );
        }
    }
}

/// Where patterns lie, whatever their holes turn out to be.
pub(crate) fn extent(written: &Written) -> Vec<Concrete> {
    if written.patterns.is_empty() {
        return vec![Concrete::ALL];
    }
    written
        .patterns
        .iter()
        .map(|pattern| reach(&pattern.node))
        .collect()
}

fn reach(pattern: &ast::Pattern) -> Concrete {
    let nothing = placet_model::ids::ExprId(0);
    let segments = pattern.segments.iter().map(|segment| match &segment.node {
        ast::Segment::Hole(hole) => Segment::Hole(Hole {
            each: false,
            extract: extract(hole),
            value: nothing,
        }),
        other => plain_segment(other).unwrap_or(Segment::Any),
    });
    crate::patterns::concrete(&Pattern {
        segments: segments.collect(),
        tail: pattern.rest.is_some(),
    })
}

/// Resolves the holes and captures of a clause's patterns. The elaborator must be one for
/// holes; what the conditions of the rule guarantee is known to it.
pub(crate) fn resolve_patterns(
    elaborator: &mut Elaborator,
    file: FileId,
    written: &Written,
) -> Vec<Pattern> {
    written
        .patterns
        .iter()
        .map(|pattern| {
            let segments = pattern
                .node
                .segments
                .iter()
                .filter_map(|segment| match &segment.node {
                    ast::Segment::Capture(name) => {
                        let at = written
                            .captures
                            .iter()
                            .position(|(known, _)| *known == name.node)?;
                        Some(Segment::Capture(u32::try_from(at).ok()?))
                    }
                    ast::Segment::Hole(hole) => {
                        resolve_hole(elaborator, file, hole).map(Segment::Hole)
                    }
                    plain => plain_segment(plain),
                })
                .collect();
            Pattern {
                segments,
                tail: pattern.node.rest.is_some(),
            }
        })
        .collect()
}

fn resolve_hole(elaborator: &mut Elaborator, file: FileId, hole: &ast::Hole) -> Option<Hole> {
    let typed = elaborator.read(&hole.of);
    if typed.ty.is_error() {
        return None;
    }
    let extract = extract(hole);
    // A set stands for one alternative per member.
    let one = typed.ty.element().unwrap_or(&typed.ty);
    if !makes_segment(one, extract) {
        let place = Place::new(file, hole.of.span);
        elaborator
            .report
            .push(no_segment(&typed.ty, extract, place));
        return None;
    }
    Some(Hole {
        each: false,
        extract,
        value: typed.id,
    })
}

/// Whether a value of a type becomes segments.
pub(crate) fn makes_segment(ty: &Ty, extract: Extract) -> bool {
    match extract {
        Extract::Text => ty.is_textual() || *ty == Ty::Int,
        _ => ty.is_textual(),
    }
}

/// The error for a hole of a type that makes no segment.
pub(crate) fn no_segment(ty: &Ty, extract: Extract, place: Place) -> Diagnostic {
    let message = match extract.name() {
        None => format!("{} makes no segment", ty.a()),
        Some(name) => format!("`{name}` makes segments of a text, and this is {}", ty.a()),
    };
    Diagnostic::error(Code::PL0523, message)
        .here(place, "cannot stand in a hole")
        .note(segments_only(extract))
}
