//! What is said of rules and their parts, for people and machines.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Level, Renderer};
use placet::Checked;
use placet::analysis::Why;
use placet::analysis::dead::{
    Cause, Clause, Dead, Deciding, Idle, Issuance, Judged, Life, Obstacle, Redundancy,
};
use placet::json::{decision_to_json, request_to_json, to_text};
use placet::model::json::Json;
use placet::model::policy::{Policy, RuleKind};
use placet::syntax::ast::ItemKind;
use placet::syntax::{FileId, Label, Sources, Span};
use smol_str::SmolStr;

use crate::members::Members;
use crate::output::printable;
use crate::render::diagnostics::{excerpts, plural};
use crate::render::prove::{why_json, words};
use crate::render::style::{BOLD, CYAN, DIM, GREEN, RESET, YELLOW};
use crate::suites::{self, Ran};

/// The rules of a policy, with what is said of each.
pub(crate) struct Rules {
    sources: Sources,
    rules: Vec<Told>,
    /// Rules that decide are shown, too.
    all: bool,
}

/// What is said of a rule, in words.
struct Told {
    name: SmolStr,
    kind: RuleKind,
    place: Option<(FileId, Span)>,
    /// Why it is dead.
    dead: Option<Death>,
    decides: Option<Box<Deciding>>,
    unknown: Vec<(Why, SmolStr)>,
    idle: Vec<Idle>,
}

struct Death {
    kind: &'static str,
    /// It denies, or asks for something, where nothing is granted: it stands guard, which is
    /// no mistake.
    guards: bool,
    words: String,
    /// Rules and layers that are in its way.
    because: Vec<(&'static str, SmolStr)>,
    /// Its own parts that contradict one another.
    parts: Vec<(Clause, SmolStr)>,
    issuance: Issuance,
}

impl Rules {
    pub(crate) fn new(checked: &Checked, policy: &Policy, judged: Vec<Judged>, all: bool) -> Self {
        let rules = judged.into_iter().filter_map(|judged| {
            let rule = policy.rules.get(judged.rule.index())?;
            let layer = policy.layers.get(rule.layer.index());
            let layer = layer.map(|layer| layer.name.as_str()).unwrap_or_default();
            let (mut dead, mut decides, mut unknown) = (None, None, Vec::new());
            match judged.life {
                Life::Decides(deciding) => decides = Some(deciding),
                Life::Dead(found) => dead = Some(death(policy, rule.kind, found)),
                Life::Unknown(whys) => unknown = whys,
            }
            Some(Told {
                name: policy.rule_name(judged.rule),
                kind: rule.kind,
                place: place(checked, layer, &rule.name),
                dead,
                decides,
                unknown,
                idle: judged.idle,
            })
        });
        Self {
            rules: rules.collect(),
            sources: checked.sources.clone(),
            all,
        }
    }

    /// Whether every rule decides, and every part of one matters.
    pub(crate) fn all_matter(&self) -> bool {
        let counts = self.counts();
        counts.dead + counts.idle == 0
    }

    fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for rule in &self.rules {
            counts.rules += 1;
            let guards = rule.dead.as_ref().is_some_and(|dead| dead.guards);
            counts.guards += usize::from(guards);
            counts.dead += usize::from(rule.dead.is_some() && !guards);
            counts.idle += rule.idle.len();
            counts.unknown += usize::from(!rule.unknown.is_empty());
        }
        counts
    }
}

/// How much was found.
#[derive(Clone, Copy, Default)]
struct Counts {
    rules: usize,
    dead: usize,
    /// Denies and requires where nothing is granted.
    guards: usize,
    idle: usize,
    unknown: usize,
}

/// Where the name of a rule stands.
fn place(checked: &Checked, layer: &str, name: &str) -> Option<(FileId, Span)> {
    checked.files.iter().find_map(|file| {
        let own = file.layer.as_ref().map(|layer| layer.name.node.as_str());
        if own.unwrap_or("main") != layer {
            return None;
        }
        file.items.iter().find_map(|item| match &item.kind {
            ItemKind::Rule(rule) if rule.name.node == name => {
                Some((file.id, rule.effect.span.to(rule.name.span)))
            }
            _ => None,
        })
    })
}

fn death(policy: &Policy, kind: RuleKind, dead: Dead) -> Death {
    let mut because = Vec::new();
    let mut parts = Vec::new();
    let guards = dead.stands_guard(kind);
    let (cause, words) = match dead.cause {
        Cause::Nowhere => (
            "nowhere",
            "no function does what its tool and action clauses say".to_owned(),
        ),
        Cause::Unmeetable => ("unmeetable", "nobody can meet its duties".to_owned()),
        Cause::Contradiction(of) => {
            parts.extend(of.into_iter().map(|part| (part.clause, part.text)));
            let texts: Vec<String> = parts.iter().map(|(_, text)| format!("`{text}`")).collect();
            let words = match texts.as_slice() {
                [] => "no call is one that it is about".to_owned(),
                [one] => format!("{one} never holds for a call that it is about"),
                _ => format!("{} never hold together", join(&texts)),
            };
            ("contradiction", words)
        }
        Cause::Others(others) => {
            because.extend(others.iter().map(|other| match other {
                Obstacle::Deny(id) => ("deny", policy.rule_name(*id)),
                Obstacle::Grant(id) => ("grant", policy.rule_name(*id)),
                Obstacle::Require(id) => ("require", policy.rule_name(*id)),
                Obstacle::Layer(id) => {
                    let layer = policy.layers.get(id.index());
                    (
                        "layer",
                        layer.map(|layer| layer.name.clone()).unwrap_or_default(),
                    )
                }
            }));
            let cause = if guards { "ungranted" } else { "others" };
            (cause, others_words(kind, &because))
        }
    };
    Death {
        kind: cause,
        guards,
        words,
        because,
        parts,
        issuance: dead.issuance,
    }
}

/// What is in the way of a rule, in a sentence.
fn others_words(kind: RuleKind, because: &[(&'static str, SmolStr)]) -> String {
    let names = |wanted: &str| -> Vec<String> {
        let own = because.iter().filter(|(of, _)| *of == wanted);
        own.map(|(_, name)| format!("`{name}`")).collect()
    };
    let mut said = Vec::new();
    let verb = |names: &[String], one: &str, many: &str| {
        let verb = if names.len() == 1 { one } else { many };
        format!("{} {verb}", join(names))
    };
    let denies = names("deny");
    if !denies.is_empty() {
        said.push(verb(&denies, "denies it", "deny it"));
    }
    let grants = names("grant");
    if !grants.is_empty() {
        said.push(verb(&grants, "grants it as well", "grant it as well"));
    }
    let requires = names("require");
    if !requires.is_empty() {
        said.push(verb(
            &requires,
            "asks for as much, or for what nobody can give",
            "ask for as much, or for what nobody can give",
        ));
    }
    let layers = names("layer");
    if !layers.is_empty() {
        let layer = if layers.len() == 1 { "layer" } else { "layers" };
        said.push(match kind {
            RuleKind::Require => format!(
                "no grant of {layer} {} is without what it asks for",
                join(&layers)
            ),
            _ => format!("no grant of {layer} {} holds", join(&layers)),
        });
    }
    format!("wherever its clauses hold, {}", said.join(", or "))
}

fn join(texts: &[String]) -> String {
    match texts {
        [] => String::new(),
        [one] => one.clone(),
        [front @ .., last] => format!("{} and {last}", front.join(", ")),
    }
}

/// Every rule that decides nothing and every part that changes nothing, then how many there
/// are. Has escape sequences.
pub(crate) fn text(rules: &Rules) -> String {
    let mut text = String::new();
    for rule in &rules.rules {
        if let Some(dead) = &rule.dead {
            let also = match dead.issuance {
                Issuance::Nothing => None,
                Issuance::Decides(_) => Some(
                    "when a credential is issued it decides: it narrows what is issued, or asks for more",
                ),
                Issuance::Unknown => Some(
                    "when a credential is issued it may still narrow what is issued, or ask for more",
                ),
            };
            let level = if dead.guards {
                Level::NOTE
            } else {
                Level::WARNING
            };
            let title = format!("`{}` decides no call", rule.name);
            text.push_str(&finding(rules, rule, level, title, &dead.words, also));
        }
        for idle in &rule.idle {
            let words = match idle.because {
                Redundancy::Implied => "the rule is about the same calls without it",
                Redundancy::Covered => "the others match all that it does",
            };
            text.push_str(&finding(
                rules,
                rule,
                Level::WARNING,
                format!("`{}` in `{}` changes nothing", idle.part.text, rule.name),
                words,
                None,
            ));
        }
    }
    for rule in &rules.rules {
        let name = printable(&rule.name);
        if let Some(deciding) = rule.decides.as_ref().filter(|_| rules.all) {
            text.push_str(&format!(
                "{GREEN}decides{RESET}  {name}\n         {DIM}{}: {}; without it: {}{RESET}\n         {CYAN}{}{RESET}\n",
                rule.kind.name(),
                deciding.decision.reason,
                deciding.without.reason,
                printable(&to_text(&request_to_json(&deciding.request)))
            ));
        }
        if !rule.unknown.is_empty() {
            text.push_str(&format!("{YELLOW}{BOLD}unknown{RESET}  {name}\n"));
            for (why, call) in &rule.unknown {
                let place = if call.is_empty() {
                    String::new()
                } else {
                    format!("{}: ", printable(call))
                };
                text.push_str(&format!("         {place}{}\n", printable(&words(why))));
            }
        }
    }
    text.push_str(&summary(rules.counts(), ""));
    text
}

fn finding(
    rules: &Rules,
    rule: &Told,
    level: Level<'_>,
    title: String,
    words: &str,
    also: Option<&str>,
) -> String {
    let labels: Vec<Label> = rule
        .place
        .iter()
        .map(|(file, span)| Label {
            file: *file,
            span: *span,
            text: words.to_owned(),
            primary: true,
        })
        .collect();
    let mut group = level
        .primary_title(printable(&title))
        .elements(excerpts(&rules.sources, &labels));
    if let Some(also) = also {
        group = group.element(Level::NOTE.message(also));
    }
    let renderer = Renderer::styled().decor_style(DecorStyle::Ascii);
    format!("{}\n\n", renderer.render(&[group]))
}

fn summary(counts: Counts, of: &str) -> String {
    let Counts {
        rules,
        dead,
        guards,
        idle,
        unknown,
    } = counts;
    let all = plural(rules, "rule");
    let mut text = if dead + idle == 0 {
        format!("{GREEN}{BOLD}alive{RESET}: {all}")
    } else {
        format!(
            "{YELLOW}{BOLD}dead{RESET}: {dead} of {all}, {} that {} nothing",
            plural(idle, "part"),
            if idle == 1 { "changes" } else { "change" }
        )
    };
    if guards > 0 {
        text.push_str(&format!(", {guards} where nothing is granted"));
    }
    if unknown > 0 {
        text.push_str(&format!(", {unknown} unknown"));
    }
    format!("{text}{DIM}{of}{RESET}\n")
}

/// How many rules of how many policies there are, and how many of them decide nothing.
pub(crate) fn total(ran: &[Ran<Rules>]) -> String {
    summary(sums(ran), &format!(" in {}", plural(ran.len(), "suite")))
}

fn sums(ran: &[Ran<Rules>]) -> Counts {
    let all = ran.iter().filter_map(|one| one.came.as_ref().ok());
    all.map(Rules::counts)
        .fold(Counts::default(), |sum, one| Counts {
            rules: sum.rules + one.rules,
            dead: sum.dead + one.dead,
            guards: sum.guards + one.guards,
            idle: sum.idle + one.idle,
            unknown: sum.unknown + one.unknown,
        })
}

/// The rules for machines. The shape is stable: keys are only ever added.
pub(crate) fn json(rules: &Rules) -> Json {
    let list = rules.rules.iter().map(|rule| rule_json(rules, rule));
    head(rules.counts(), rules.all_matter())
        .list("rules", list)
        .into()
}

/// Several suites for machines.
pub(crate) fn json_of_all(ran: &[Ran<Rules>]) -> Json {
    let passed = ran
        .iter()
        .all(|one| matches!(&one.came, Ok(rules) if rules.all_matter()));
    suites::json(head(sums(ran), passed), ran, json)
}

fn head(counts: Counts, passed: bool) -> Members {
    Members::report().put("passed", Json::Bool(passed)).put(
        "counts",
        Members::default()
            .number("rules", counts.rules)
            .number("dead", counts.dead)
            .number("ungranted", counts.guards)
            .number("idle", counts.idle)
            .number("unknown", counts.unknown)
            .into(),
    )
}

fn rule_json(rules: &Rules, rule: &Told) -> Json {
    let (file, line) = rule
        .place
        .and_then(|(file, span)| {
            let source = rules.sources.get(file)?;
            Some((source.name.clone(), source.line_column(span.start).line))
        })
        .unwrap_or_default();
    let mut members = Members::default()
        .text("rule", &rule.name)
        .text("kind", rule.kind.name())
        .text("file", file)
        .number("line", line);
    let life = if rule.dead.is_some() {
        "dead"
    } else if rule.decides.is_some() {
        "decides"
    } else {
        "unknown"
    };
    members = members.text("life", life);
    if let Some(dead) = &rule.dead {
        let because = dead.because.iter().map(|(kind, name)| {
            Members::default()
                .text("kind", kind)
                .text("name", name)
                .into()
        });
        let parts = dead
            .parts
            .iter()
            .map(|(clause, text)| part_json(*clause, text).into());
        members = members
            .text("cause", dead.kind)
            .list("because", because)
            .list("parts", parts)
            .text("message", &dead.words);
        members = match &dead.issuance {
            Issuance::Nothing => members.text("at_issuance", "nothing"),
            Issuance::Unknown => members.text("at_issuance", "unknown"),
            Issuance::Decides(deciding) => {
                deciding_json(members.text("at_issuance", "decides"), deciding)
            }
        };
    }
    if let Some(deciding) = &rule.decides {
        members = deciding_json(members, deciding);
    }
    if !rule.unknown.is_empty() {
        members = members.list(
            "why",
            rule.unknown.iter().map(|(why, call)| why_json(why, call)),
        );
    }
    let idle = rule.idle.iter().map(|idle| {
        let because = match idle.because {
            Redundancy::Implied => "implied",
            Redundancy::Covered => "covered",
        };
        part_json(idle.part.clause, &idle.part.text)
            .text("because", because)
            .into()
    });
    members.list("idle", idle).into()
}

fn deciding_json(members: Members, deciding: &Deciding) -> Members {
    members
        .put("request", request_to_json(&deciding.request))
        .put("decision", decision_to_json(&deciding.decision))
        .put("without", decision_to_json(&deciding.without))
}

fn part_json(clause: Clause, text: &SmolStr) -> Members {
    let members = match clause {
        Clause::Agent => Members::default().text("clause", "agent"),
        Clause::User => Members::default().text("clause", "user"),
        Clause::Resource => Members::default().text("clause", "resource"),
        Clause::Condition(at) => Members::default()
            .text("clause", "condition")
            .number("index", at),
    };
    members.text("text", text)
}
