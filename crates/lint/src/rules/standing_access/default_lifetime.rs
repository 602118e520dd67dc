//! A grant without `for`.

use placet_syntax::Span;

use crate::context::{Context, Found, RuleAt};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};
use crate::finding::Fix;

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1101,
    name: "default-lifetime",
    category: Category::StandingAccess,
    level: Level::Warn,
    tags: &[Tag::Asi(3), Tag::Nhi(7), Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::Unsafe,
    parameters: &[],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    let lifetime = context.policy().lifetime;
    for rule in context.grants() {
        if rule.typed.duties.lifetime.is_some() {
            continue;
        }
        // Limits come last, and `for` last of them.
        let after = rule.tree.clauses.last().map(|clause| clause.span.end);
        let last = after.unwrap_or(rule.tree.name.span.end);
        let at = past_comment(context, &rule, last);
        let one_line = at == last
            && !context
                .text(rule.file, rule.item.span)
                .trim_end()
                .rsplit_once('}')
                .is_some_and(|(inside, _)| inside.trim_end_matches([' ', '\t']).ends_with('\n'));
        let before = if one_line { "  " } else { "\n  " };
        let fix = Fix::doubtful(format!("write out `for {lifetime}`, which holds today")).edit(
            rule.file,
            Span { start: at, end: at },
            format!("{before}{} {lifetime}", aligned(context, &rule, one_line)),
        );
        found.mend(
            RULE.says(format!(
                "`{}` does not say how long it lasts",
                rule.typed.name
            ))
            .at(
                rule.file,
                rule.name(),
                format!("the policy's {lifetime} hold, whatever the work needs"),
            )
            .help("add `for` with the time that the work takes"),
            Some(fix),
        );
    }
}

/// The end of a comment that ends the line of a place: it is about what stands there now.
fn past_comment(context: &Context<'_>, rule: &RuleAt<'_>, at: u32) -> u32 {
    let files = context.subject.files.iter().zip(context.subject.comments);
    let comments = files.filter(|(file, _)| file.id == rule.file);
    let mut comments = comments.flat_map(|(_, comments)| comments);
    let comment = comments.find(|comment| {
        let between = Span {
            start: at,
            end: comment.span.start,
        };
        comment.span.start >= at
            && context
                .text(rule.file, between)
                .trim_matches([' ', '\t'])
                .is_empty()
    });
    comment.map_or(at, |comment| comment.span.end)
}

/// `for`, as wide as the word of the clause above it and the space after that.
fn aligned(context: &Context<'_>, rule: &RuleAt<'_>, one_line: bool) -> String {
    let last = rule.tree.clauses.last();
    let text = last.map_or("", |clause| context.text(rule.file, clause.span));
    let word = text.find(' ').unwrap_or_default();
    let rest = text.get(word..).unwrap_or_default();
    let spaces = rest.len() - rest.trim_start_matches(' ').len();
    match one_line {
        true => "for".to_owned(),
        false => format!(
            "{:width$}",
            "for",
            width = (word + spaces).saturating_sub(1)
        ),
    }
}
