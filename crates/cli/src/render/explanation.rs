//! Why a decision is what it is, for a person who has not read the manual.

use placet::explain::{AskedView, Clause, LayerVerdict, LayerView, RuleView};
use placet::model::graph::Truth;
use placet::model::json::Json;
use placet::model::policy::RuleKind;
use placet::{Explanation, Reason, json as wire};
use smol_str::SmolStr;

use crate::output::printable;
use crate::render::decision;
use crate::render::style::{BOLD, DIM, GREEN, RED, RESET, YELLOW};

/// The explanation over some lines, with a blank line at its end. Has escape sequences.
pub(crate) fn text(explanation: &Explanation) -> String {
    let decision = &explanation.decision;
    let mut page = Page::default();
    page.line(
        0,
        &if decision.is_grant() {
            let gloss = if decision.scopes.is_empty() {
                gloss(decision.reason)
            } else {
                "a credential can carry this much"
            };
            format!("{GREEN}{BOLD}grant{RESET}: {gloss}")
        } else {
            format!(
                "{RED}{BOLD}deny{RESET} ({}): {}",
                decision.reason,
                gloss(decision.reason)
            )
        },
    );
    if !decision.scopes.is_empty() {
        page.text.push_str(&decision::outcomes(&decision.scopes));
    }
    if decision.scopes.is_empty() {
        for line in own_lines(explanation) {
            page.line(2, &printable(line));
            if line.starts_with("/credential: missing") {
                page.line(
                    2,
                    "to let the policy alone decide, say so: `--no-credential`",
                );
            }
        }
    }
    for asked in &explanation.asked {
        page.asked(asked, decision.reason);
    }
    let asks = decision::duties(&decision.obligations, decision.is_grant());
    if !asks.is_empty() {
        page.gap();
        page.text.push_str(&asks);
    }
    if !decision.missing.is_empty() {
        page.gap();
        page.line(2, "The request says nothing, or nothing usable, of:");
        for missing in &decision.missing {
            page.line(4, &printable(missing));
        }
    }
    if !explanation.ignored.is_empty() && !decision.is_grant() {
        page.gap();
        let names = explanation.ignored.join(", ");
        page.line(
            2,
            &printable(&format!(
                "The policy declares no such facts, so nothing reads them: {names}"
            )),
        );
    }
    page.gap();
    page.text
}

/// The explanation as JSON: the decision, with what was asked clause by clause.
pub(crate) fn json(explanation: &Explanation) -> Json {
    let mut json = wire::decision_to_json(&explanation.decision);
    if let Json::Object(members) = &mut json {
        members.push(("ignored".into(), texts(&explanation.ignored)));
        let asked = explanation.asked.iter().map(asked_json).collect();
        members.push(("asked".into(), Json::Array(asked)));
    }
    json
}

/// What is wrong with the request as such, apart from what the rules make of it.
fn own_lines(explanation: &Explanation) -> &[SmolStr] {
    let all = explanation.decision.explanation.as_slice();
    if explanation.asked.is_empty() {
        return all;
    }
    if explanation.decision.reason >= Reason::OutOfScope {
        return &[];
    }
    let mut rules = explanation.clone();
    rules.decision.explanation.clear();
    let own = all.len().saturating_sub(rules.lines().len());
    all.get(..own).unwrap_or_default()
}

/// A reason in plain words.
const fn gloss(reason: Reason) -> &'static str {
    match reason {
        Reason::InvalidRequest => "the request cannot be decided as it is",
        Reason::UnknownTool => "the policy declares no such function",
        Reason::UnknownAction => "the function has no such action",
        Reason::UnknownAgent => "the policy knows neither this agent nor a group of it",
        Reason::WrongHolder => "the credential was issued to another agent",
        Reason::Revoked => "the credential was revoked",
        Reason::NotYetValid => "the credential is not valid yet",
        Reason::Expired => "what was granted has ended",
        Reason::OutOfScope => "the credential does not carry this",
        Reason::DeniedByRule => "a deny matches, and a deny always wins",
        Reason::NoGrant => "nothing is allowed that no grant allows, and none matches",
        Reason::ApprovalRequired => "it would be granted once somebody approves",
        Reason::ConsentRequired => "it would be granted once the user consents",
        Reason::BudgetExhausted => "it would be granted, but the budget is used up",
        Reason::Granted => "every layer of the policy grants it",
    }
}

#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn line(&mut self, indent: usize, text: &str) {
        for line in text.lines() {
            self.text.extend(std::iter::repeat_n(' ', indent));
            self.text.push_str(line);
            self.text.push('\n');
        }
    }

    fn gap(&mut self) {
        if !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    fn asked(&mut self, asked: &AskedView, reason: Reason) {
        self.gap();
        let (agent, action) = (printable(&asked.agent), printable(&asked.action));
        let (resource, tool) = (printable(&asked.resource), printable(&asked.tool));
        self.line(
            2,
            &format!("{BOLD}{agent}{RESET} wants to {BOLD}{action} {resource}{RESET} with {tool}"),
        );
        for line in &asked.credential {
            self.line(2, &printable(line));
        }
        // What the credential does not carry no rule can give.
        let carried =
            asked.credential.is_empty() || !matches!(reason, Reason::OutOfScope | Reason::Expired);
        if carried {
            for layer in &asked.layers {
                self.layer(layer);
            }
        }
    }

    fn layer(&mut self, layer: &LayerView) {
        let said = match layer.verdict {
            LayerVerdict::Denies => format!("{RED}denies{RESET}: a deny matches"),
            LayerVerdict::Grants => format!("{GREEN}grants{RESET}: a grant matches"),
            LayerVerdict::Passes => {
                format!("{GREEN}lets it through{RESET}: none of its denies matches")
            }
            LayerVerdict::GrantsNothing if layer.rules.is_empty() => {
                format!("{RED}grants nothing{RESET}: no grant comes near")
            }
            LayerVerdict::GrantsNothing => {
                format!("{RED}grants nothing{RESET}: no grant matches. The nearest:")
            }
        };
        self.gap();
        self.line(2, &format!("layer {} {said}", printable(&layer.layer)));
        for rule in &layer.rules {
            self.rule(rule);
        }
    }

    fn rule(&mut self, rule: &RuleView) {
        let owner = match &rule.owner {
            Some(owner) => format!("  {DIM}owner: {}{RESET}", printable(owner)),
            None => String::new(),
        };
        self.gap();
        self.line(
            4,
            &format!(
                "{} {BOLD}{}{RESET}{owner}",
                rule.kind.name(),
                printable(&rule.name)
            ),
        );
        for line in printable(&rule.doc).lines() {
            self.line(4, &format!("{DIM}{line}{RESET}"));
        }
        // In a deny or require `any` is what is not written.
        let written =
            |clause: &&Clause| rule.kind == RuleKind::Grant || !clause.text.ends_with(" any");
        for clause in rule.clauses.iter().filter(written) {
            self.clause(clause, rule);
        }
    }

    fn clause(&mut self, clause: &Clause, rule: &RuleView) {
        let grant = rule.kind == RuleKind::Grant;
        let (word, colour) = match clause.truth {
            Truth::True if grant => ("yes", GREEN),
            Truth::True => ("yes", YELLOW),
            Truth::False if grant => ("no", RED),
            Truth::False => ("no", GREEN),
            Truth::Undefined => ("?", RED),
        };
        for (at, line) in printable(&clause.text).lines().enumerate() {
            let word = if at == 0 { word } else { "" };
            self.line(6, &format!("{colour}{word:>3}{RESET}  {line}"));
        }
        if !rule.is_told_by(clause) {
            return;
        }
        for found in &clause.found {
            self.line(13, &format!("{DIM}here{RESET}   {}", printable(found)));
        }
        if clause.truth == Truth::Undefined {
            let so = match rule.kind {
                RuleKind::Grant => "this cannot be told, and what cannot be told grants nothing",
                RuleKind::Deny => "this cannot be told, and what cannot be told is denied",
                RuleKind::Require => "this cannot be told, and what cannot be told is required",
            };
            self.line(13, &format!("{DIM}so{RESET}     {so}"));
        }
        if grant && let Some(needs) = &clause.needs {
            self.line(13, &format!("{DIM}needs{RESET}  {}", printable(needs)));
        }
    }
}

fn asked_json(asked: &AskedView) -> Json {
    object([
        ("agent", text_json(&asked.agent)),
        ("tool", text_json(&asked.tool)),
        ("action", text_json(&asked.action)),
        ("resource", text_json(&asked.resource)),
        ("credential", texts(&asked.credential)),
        (
            "layers",
            Json::Array(asked.layers.iter().map(layer_json).collect()),
        ),
    ])
}

fn layer_json(layer: &LayerView) -> Json {
    let verdict = match layer.verdict {
        LayerVerdict::Denies => "denies",
        LayerVerdict::Grants => "grants",
        LayerVerdict::Passes => "passes",
        LayerVerdict::GrantsNothing => "grants-nothing",
    };
    object([
        ("layer", text_json(&layer.layer)),
        ("verdict", text_json(verdict)),
        (
            "rules",
            Json::Array(layer.rules.iter().map(rule_json).collect()),
        ),
    ])
}

fn rule_json(rule: &RuleView) -> Json {
    object([
        ("rule", text_json(&rule.name)),
        ("kind", text_json(rule.kind.name())),
        ("owner", rule.owner.as_deref().map_or(Json::Null, text_json)),
        ("doc", text_json(&rule.doc)),
        ("matches", truth_json(rule.truth)),
        (
            "clauses",
            Json::Array(rule.clauses.iter().map(clause_json).collect()),
        ),
    ])
}

fn clause_json(clause: &Clause) -> Json {
    object([
        ("clause", text_json(&clause.text)),
        ("holds", truth_json(clause.truth)),
        ("found", texts(&clause.found)),
        (
            "needs",
            clause.needs.as_deref().map_or(Json::Null, text_json),
        ),
    ])
}

/// `null` is undefined.
const fn truth_json(truth: Truth) -> Json {
    match truth {
        Truth::True => Json::Bool(true),
        Truth::False => Json::Bool(false),
        Truth::Undefined => Json::Null,
    }
}

fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
    Json::Object(
        members
            .into_iter()
            .map(|(name, value)| (name.into(), value))
            .collect(),
    )
}

fn text_json(text: &str) -> Json {
    Json::String(text.into())
}

fn texts<T: AsRef<str>>(texts: &[T]) -> Json {
    Json::Array(texts.iter().map(|text| text_json(text.as_ref())).collect())
}
