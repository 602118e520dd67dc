//! Patterns and templates.

use std::fmt::Write;

use insta::assert_snapshot;
use placet_syntax::{
    FileId,
    ast::{Hole, ItemKind, Pattern, Segment, ToolPartKind},
    pattern,
};

use crate::render::{diagnostic_into, parsed};

/// The segments of every pattern, and what is wrong with them.
fn read(patterns: &[&str], is_template: bool) -> String {
    let mut out = String::new();
    for written in patterns {
        let text = format!("tool t {{ action a -> \"{written}\" }}");
        let file = parsed(&text).file;
        let ItemKind::Tool(tool) = &file.items[0].kind else {
            panic!("not a tool: {text}");
        };
        let ToolPartKind::Bare { patterns, .. } = &tool.parts[0].kind else {
            panic!("not a pattern: {text}");
        };
        let (pattern, problems) = match is_template {
            true => pattern::parse_template(FileId(0), &patterns[0]),
            false => pattern::parse(FileId(0), &patterns[0]),
        };
        writeln!(out, "\"{written}\"  {}", shown(&pattern)).unwrap();
        for problem in problems {
            diagnostic_into(&mut out, &text, &problem);
        }
    }
    out
}

fn shown(pattern: &Pattern) -> String {
    let segments = pattern.segments.iter().map(|segment| match &segment.node {
        Segment::Literal(text) => format!("{text:?}"),
        Segment::Any => "any".to_owned(),
        Segment::Glob { prefix, suffix } => format!("{prefix:?} to {suffix:?}"),
        Segment::Capture(name) => format!("capture {}", name.node),
        Segment::Hole(hole) => shown_hole(hole),
    });
    let rest = pattern.rest.iter().map(|_| "rest".to_owned());
    segments.chain(rest).collect::<Vec<_>>().join(", ")
}

fn shown_hole(hole: &Hole) -> String {
    let each = if hole.each { "each " } else { "" };
    let extractor = hole
        .extractor
        .as_ref()
        .map_or("", |extractor| extractor.as_str());
    let mut of = hole.of.root.to_string();
    for field in &hole.of.fields {
        of = format!("{of}.{}", field.node);
    }
    format!("{each}{extractor}({of})")
}

#[test]
fn patterns_are_read_segment_by_segment() {
    assert_snapshot!(read(
        &[
            "ticket/acme/*",
            "**",
            "a/**",
            "docs/*.md",
            "docs/a*",
            "ticket/{*t}/{user.tenant}/**",
            "{email(task.correspondents)}",
            "mail/{email(task.to)}",
            "repo/{lower(user.orgs)}/**",
            "file/{ path( task.root ) }",
            "a b/ü/%2F%25%2A%7B%7D",
            "x/{user.a.\\\"b/c\\\"}",
        ],
        false
    ));
}

#[test]
fn templates_are_read_segment_by_segment() {
    assert_snapshot!(read(
        &[
            "ticket/{tenant}/{id}",
            "{each email(cc)}",
            "file/{each attachments.file_id}",
            "repo/{lower(owner)}/file/{path(path)}",
            "{url(u)}",
            "x/*",
            "x/**",
            "x/{*y}",
        ],
        true
    ));
}

#[test]
fn a_pattern_that_no_resource_can_match_is_explained() {
    assert_snapshot!(read(
        &[
            "",
            "/a",
            "a//b",
            "a/",
            "a/./b",
            "a/../b",
            "a/%2f",
            "a/50%",
            "a/%41",
            "**/a",
            "a/***",
            "a/*b*",
            "a/x{user.b}",
            "a/{user.b}{user.c}",
            "a/{user.b",
            "a/user.b}",
            "a/{}",
            "a/{user b}",
            "a/{each user.b}",
            "a/{*x}/{*x}",
            "a/{lowr(user.b)}",
            "a/{sha(user.b)}",
            "{path(user.b)}/a",
            "{path(user.b)}/**",
            "a/\\u{202e}b",
            "a/e\\u{301}",
        ],
        false
    ));
}

#[test]
fn a_pattern_has_a_limit_of_segments() {
    let long = vec!["a"; 65].join("/");
    assert!(read(&[&long], false).contains("PL0904"));
    let fits = vec!["a"; 64].join("/");
    assert!(!read(&[&fits], false).contains("PL0904"));
}
