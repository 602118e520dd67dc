//! Decisions as people read them.

use placet::model::credential::Scope;
use placet::model::decision::{
    ApprovalDuty, BudgetDuty, ConsentDuty, Decision, DutyCover, Obligations, RuleNote, ScopeOutcome,
};
use placet::model::request::{Covers, ScopeRequest};

use crate::output::printable;
use crate::render::style::{BOLD, DIM, GREEN, RED, RESET, YELLOW};

/// A decision over some lines. Has escape sequences.
pub(crate) fn text(decision: &Decision) -> String {
    text_with(decision, &[])
}

/// A decision with more rows at its end, each with a word in the margin.
pub(crate) fn text_with(decision: &Decision, rows: &[(&'static str, String)]) -> String {
    let mut page = Page::default();
    page.head(decision);
    if decision.scopes.is_empty() {
        for rule in &decision.rules {
            page.rule(rule);
        }
    }
    for line in &decision.explanation {
        page.row("", line);
    }
    for input in &decision.missing {
        page.row("missing", input);
    }
    page.obligations(&decision.obligations, !decision.asks());
    for scope in &decision.scopes {
        page.outcome(scope);
    }
    for tool in &decision.tools {
        page.row(tool.answer.name(), &tool.tool);
        if !tool.depends_on.is_empty() {
            page.row("", &format!("  on {}", tool.depends_on.join(", ")));
        }
    }
    if !decision.scopes.is_empty() && !rows.is_empty() {
        page.text.push('\n');
    }
    for (margin, text) in rows {
        page.row(margin, text);
    }
    page.text.push('\n');
    page.text
}

/// What scopes carry: those that differ only in tool and action stand together.
pub(crate) fn scopes(scopes: &[Scope]) -> String {
    let mut page = Page::default();
    for group in groups(scopes) {
        page.group(&group);
    }
    page.text
}

/// What an assent covers.
pub(crate) fn covered(covers: &Covers) -> String {
    match covers {
        Covers::Call(digest) => format!("this call ({digest})"),
        Covers::Scope(scope) => asked(scope),
    }
}

/// What comes with a grant or what to ask for, a line each.
pub(crate) fn duties(duties: &Obligations, granted: bool) -> String {
    let mut page = Page::default();
    page.obligations(duties, granted);
    page.text
}

/// What each scope that was asked for became.
pub(crate) fn outcomes(scopes: &[ScopeOutcome]) -> String {
    let mut page = Page::default();
    for scope in scopes {
        page.outcome(scope);
    }
    page.text
}

/// What stands in the place of a decision that could not be made.
pub(crate) fn failed(why: &str) -> String {
    format!("{RED}{BOLD}error{RESET}  {}\n", printable(why))
}

#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn head(&mut self, decision: &Decision) {
        let line = if decision.is_grant() {
            format!("{GREEN}{BOLD}grant{RESET}")
        } else {
            format!("{RED}{BOLD}deny{RESET}   {}", decision.reason)
        };
        self.text.push_str(&line);
        self.text.push('\n');
    }

    /// A line with a word in the margin.
    fn row(&mut self, margin: &str, text: &str) {
        for (at, line) in printable(text).lines().enumerate() {
            let margin = if at == 0 { margin } else { "" };
            let line = format!("  {DIM}{margin:<9}{RESET} {line}");
            self.text.push_str(line.trim_end());
            self.text.push('\n');
        }
    }

    fn rule(&mut self, rule: &RuleNote) {
        let owner = match &rule.owner {
            Some(owner) => format!(", owned by {owner}"),
            None => String::new(),
        };
        self.row(
            "by",
            &format!("{} ({}{owner})", rule.name, rule.kind.name()),
        );
        self.row("", &rule.doc);
    }

    fn obligations(&mut self, duties: &Obligations, granted: bool) {
        if let Some(end) = duties.not_after {
            self.row("until", &end.to_string());
        } else if let Some(lifetime) = duties.lifetime {
            self.row("for", &format!("{lifetime} from issuance on"));
        }
        if let Some(depth) = duties.delegate.filter(|depth| *depth > 0) {
            self.row("delegate", &format!("{depth} further"));
        }
        let verb = if granted { "used" } else { "ask for" };
        for consent in &duties.consents {
            self.row(verb, &self::consent(consent));
        }
        for approval in &duties.approvals {
            self.row(verb, &self::approval(approval));
        }
        let verb = if granted { "charge" } else { "used up" };
        for budget in &duties.budgets {
            self.row(verb, &self::budget(budget));
        }
        for audience in &duties.audiences {
            self.row("send to", audience);
        }
    }

    fn outcome(&mut self, outcome: &ScopeOutcome) {
        let became = match outcome.became.name() {
            "denied" => format!("{RED}denied{RESET} ({})", outcome.reason),
            "narrowed" => format!("{YELLOW}narrowed{RESET}"),
            other => format!("{GREEN}{other}{RESET}"),
        };
        let requested = printable(&asked(&outcome.requested));
        self.text
            .push_str(&format!("\n  {BOLD}{requested}{RESET}: {became}\n"));
        for group in groups(&outcome.scopes) {
            self.group(&group);
        }
        if outcome.scopes.is_empty() {
            for rule in &outcome.rules {
                self.rule(rule);
            }
        }
    }

    /// Scopes that differ in nothing but what is done with what.
    fn group(&mut self, group: &[&Scope]) {
        let Some(first) = group.first() else {
            return;
        };
        self.row("carries", &format!("\"{}\"", first.resource));
        for line in wrapped(group.iter().map(|s| format!("{} {}", s.tool, s.action))) {
            self.row("", &format!("  {line}"));
        }
        for except in &first.except {
            self.row("", &format!("except \"{except}\""));
        }
        self.row("", &format!("until {}", first.not_after));
        if first.delegate > 0 {
            self.row("", &format!("delegated {} further at most", first.delegate));
        }
        self.row("", &format!("by {}", first.rules.join(", ")));
        for residual in &first.residual {
            self.row("", &format!("at the call: {residual}"));
        }
    }
}

/// Puts scopes together that differ only in tool and action.
fn groups(scopes: &[Scope]) -> Vec<Vec<&Scope>> {
    let mut groups: Vec<Vec<&Scope>> = Vec::new();
    for scope in scopes {
        let same = groups.iter_mut().find(|group| {
            group.first().is_some_and(|first| {
                first.resource == scope.resource
                    && first.except == scope.except
                    && first.not_after == scope.not_after
                    && first.delegate == scope.delegate
                    && first.rules == scope.rules
                    && first.residual == scope.residual
            })
        });
        match same {
            Some(group) => group.push(scope),
            None => groups.push(vec![scope]),
        }
    }
    groups
}

/// Joins parts with commas into lines of a readable width.
fn wrapped(parts: impl Iterator<Item = String>) -> Vec<String> {
    const WIDTH: usize = 80;
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            Some(line) if line.len() + part.len() + 2 <= WIDTH => {
                line.push_str(", ");
                line.push_str(&part);
            }
            Some(line) => {
                line.push(',');
                lines.push(part);
            }
            None => lines.push(part),
        }
    }
    lines
}

fn asked(scope: &ScopeRequest) -> String {
    let resources: Vec<String> = scope
        .resources
        .iter()
        .map(|resource| format!("\"{resource}\""))
        .collect();
    format!(
        "{} {} {}",
        scope.tool,
        scope.actions.join(", "),
        resources.join(", ")
    )
}

fn consent(duty: &ConsentDuty) -> String {
    let by = match &duty.by {
        Some(user) => user.as_str(),
        None => "a user, and there is none,",
    };
    format!(
        "consent of {by} for {}{}: {}",
        duty.agent,
        in_task(duty.task.as_deref()),
        covers(&duty.covers)
    )
}

fn approval(duty: &ApprovalDuty) -> String {
    let user = match &duty.user {
        Some(user) => format!(" on behalf of {user}"),
        None => String::new(),
    };
    format!(
        "approval by {} for {}{user}{}: {}",
        duty.group,
        duty.agent,
        in_task(duty.task.as_deref()),
        covers(&duty.covers)
    )
}

fn budget(duty: &BudgetDuty) -> String {
    let mut text = format!("{} of {}", duty.limit, duty.rule);
    if let Some(charge) = &duty.charge {
        text.push_str(&format!(", this call {charge}"));
    }
    if let Some(spent) = &duty.spent {
        text.push_str(&format!(", spent {spent}"));
    }
    text
}

fn in_task(task: Option<&str>) -> String {
    task.map(|task| format!(" in task {task}"))
        .unwrap_or_default()
}

fn covers(covers: &[DutyCover]) -> String {
    let parts: Vec<String> = covers
        .iter()
        .map(|cover| match cover {
            DutyCover::Call(digest) => format!("this call ({digest})"),
            DutyCover::Scope(tool, action, resource) => {
                format!("{tool} {action} \"{resource}\"")
            }
        })
        .collect();
    parts.join(", ")
}
