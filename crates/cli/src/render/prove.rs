//! What came of the claims, for people and machines.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Level, Renderer};
use placet::analysis::{Proved, Refutation, Verdict, Why};
use placet::json::{decision_to_json, request_to_json, to_text};
use placet::model::json::Json;
use placet::syntax::{Label, Sources};

use crate::members::Members;
use crate::output::printable;
use crate::render::diagnostics::{excerpts, plural};
use crate::render::region::texts;
use crate::render::style::{BOLD, CYAN, DIM, GREEN, RED, RESET, YELLOW};
use crate::suites::{self, Ran};

/// The claims of a policy, with what came of them.
pub(crate) struct Proofs {
    /// The texts, for showing where claims stand.
    pub(crate) sources: Sources,
    /// The claims.
    pub(crate) proved: Vec<Proved>,
}

impl Proofs {
    /// Whether every claim was proved.
    pub(crate) fn all_hold(&self) -> bool {
        self.counts().0 == self.proved.len()
    }

    /// How many were proved, refuted, and neither.
    pub(crate) fn counts(&self) -> (usize, usize, usize) {
        let (mut proved, mut refuted, mut unknown) = (0, 0, 0);
        for claim in &self.proved {
            match claim.verdict {
                Verdict::Holds => proved += 1,
                Verdict::Refuted(_) => refuted += 1,
                Verdict::Unknown(_) => unknown += 1,
            }
        }
        (proved, refuted, unknown)
    }
}

/// Every claim on a line, with a request for each that does not hold, then how many there
/// were. Has escape sequences.
pub(crate) fn text(proofs: &Proofs) -> String {
    let mut text = String::new();
    for claim in &proofs.proved {
        if matches!(claim.verdict, Verdict::Holds) {
            text.push_str(&format!(
                "{GREEN}proved{RESET}   {}\n",
                printable(&claim.title)
            ));
        } else {
            text.push_str(&open(&proofs.sources, claim));
        }
    }
    if proofs.proved.is_empty() {
        text.push_str(&format!(
            "{YELLOW}{BOLD}no claims{RESET}: nothing says what holds of this policy whatever is asked\n"
        ));
        return text;
    }
    text.push_str(&summary(proofs.counts(), ""));
    text
}

/// A claim that was not proved, and why.
pub(crate) fn open(sources: &Sources, claim: &Proved) -> String {
    let title = printable(&claim.title);
    match &claim.verdict {
        Verdict::Holds => String::new(),
        Verdict::Refuted(refutation) => refuted(sources, claim, refutation),
        Verdict::Unknown(whys) => {
            let mut text = format!("{YELLOW}{BOLD}unknown{RESET}  {BOLD}{title}{RESET}\n");
            for (why, call) in whys {
                let place = if call.is_empty() {
                    String::new()
                } else {
                    format!("{}: ", printable(call))
                };
                text.push_str(&format!("         {place}{}\n", printable(&words(why))));
            }
            text
        }
    }
}

fn refuted(sources: &Sources, claim: &Proved, refutation: &Refutation) -> String {
    let rules: Vec<String> = refutation
        .decision
        .rules
        .iter()
        .map(|rule| format!("`{}`", rule.name))
        .collect();
    let happened = match (refutation.decision.is_grant(), rules.is_empty()) {
        (true, _) => match &refutation.lacks {
            Some(need) => format!("granted without `{need}`, by {}", rules.join(", ")),
            None => format!("granted by {}", rules.join(", ")),
        },
        (false, true) => "denied: no grant holds".to_owned(),
        (false, false) => format!("denied by {}", rules.join(", ")),
    };
    let labels = [Label {
        file: claim.place.file,
        span: claim.place.span,
        text: happened,
        primary: true,
    }];
    let mut group = Level::ERROR
        .primary_title(printable("a request for which this does not hold"))
        .elements(excerpts(sources, &labels));
    if !refutation.without.is_empty() {
        let names: Vec<String> = refutation
            .without
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        let help = match names.as_slice() {
            [one] => format!("it holds without {one}: drop or guard it"),
            _ => format!(
                "it holds without {}: drop or guard each of them",
                names.join(" and ")
            ),
        };
        group = group.element(Level::HELP.message(printable(&help)));
    }
    let renderer = Renderer::styled().decor_style(DecorStyle::Ascii);
    let title = printable(&claim.title);
    format!(
        "{RED}{BOLD}REFUTED{RESET}  {BOLD}{title}{RESET}\n\n{}\n\n  {CYAN}{}{RESET}\n\n",
        renderer.render(&[group]),
        printable(&to_text(&request_to_json(&refutation.request))),
    )
}

/// Why something is not known.
pub(crate) fn words(why: &Why) -> String {
    match why {
        Why::Inexact(conditions) => {
            let texts: Vec<String> = conditions.iter().map(|text| format!("`{text}`")).collect();
            format!(
                "it depends on what is not followed exactly: {}",
                texts.join(", ")
            )
        }
        Why::Budget => "it takes too many steps; `--steps` allows more".to_owned(),
        Why::Unconfirmed => {
            "what was found could not be made into a request that the evaluator confirms".to_owned()
        }
        Why::NotAsked(what) => format!("not asked in this version: {what}"),
    }
}

fn summary((proved, refuted, unknown): (usize, usize, usize), of: &str) -> String {
    let all = proved + refuted + unknown;
    let mut text = if proved == all {
        format!("{GREEN}{BOLD}proved{RESET}: {}", plural(all, "claim"))
    } else {
        let colour = if refuted > 0 { RED } else { YELLOW };
        format!(
            "{colour}{BOLD}not proved{RESET}: {} of {}",
            all - proved,
            plural(all, "claim")
        )
    };
    if refuted > 0 {
        text.push_str(&format!(", {refuted} refuted"));
    }
    if unknown > 0 {
        text.push_str(&format!(", {unknown} unknown"));
    }
    format!("{text}{DIM}{of}{RESET}\n")
}

/// How many claims of how many policies there are, and what came of them.
pub(crate) fn total(ran: &[Ran<Proofs>]) -> String {
    summary(sums(ran), &format!(" in {}", plural(ran.len(), "suite")))
}

fn sums(ran: &[Ran<Proofs>]) -> (usize, usize, usize) {
    let all = ran
        .iter()
        .filter_map(|one| one.came.as_ref().ok())
        .map(Proofs::counts);
    all.fold((0, 0, 0), |sum, one| {
        (sum.0 + one.0, sum.1 + one.1, sum.2 + one.2)
    })
}

/// The claims for machines. The shape is stable: keys are only ever added.
pub(crate) fn json(proofs: &Proofs) -> Json {
    let claims = proofs
        .proved
        .iter()
        .map(|claim| claim_json(&proofs.sources, claim));
    head(proofs.counts(), proofs.all_hold())
        .list("claims", claims)
        .into()
}

/// Several suites for machines.
pub(crate) fn json_of_all(ran: &[Ran<Proofs>]) -> Json {
    let passed = ran
        .iter()
        .all(|one| matches!(&one.came, Ok(proofs) if proofs.all_hold()));
    suites::json(head(sums(ran), passed), ran, json)
}

fn head((proved, refuted, unknown): (usize, usize, usize), passed: bool) -> Members {
    Members::report().put("passed", Json::Bool(passed)).put(
        "counts",
        Members::default()
            .number("proved", proved)
            .number("refuted", refuted)
            .number("unknown", unknown)
            .into(),
    )
}

/// A claim for machines.
pub(crate) fn claim_json(sources: &Sources, claim: &Proved) -> Json {
    let (file, line) = match sources.get(claim.place.file) {
        Some(source) => {
            let at = source.line_column(claim.place.span.start);
            (source.name.clone(), at.line)
        }
        None => (String::new(), 0),
    };
    let members = Members::default()
        .text("title", &claim.title)
        .text("file", file)
        .number("line", line);
    match &claim.verdict {
        Verdict::Holds => members.text("verdict", "proved"),
        Verdict::Refuted(refutation) => members
            .text("verdict", "refuted")
            .put("request", request_to_json(&refutation.request))
            .put("decision", decision_to_json(&refutation.decision))
            .maybe("lacks", refutation.lacks.as_ref())
            .put("holds_without", texts(&refutation.without)),
        Verdict::Unknown(whys) => members
            .text("verdict", "unknown")
            .list("why", whys.iter().map(|(why, call)| why_json(why, call))),
    }
    .into()
}

/// Why something is not known of a call, for machines.
pub(crate) fn why_json(why: &Why, call: &str) -> Json {
    let conditions = match why {
        Why::Inexact(conditions) => conditions.as_slice(),
        _ => &[],
    };
    Members::default()
        .text("kind", kind(why))
        .text("call", call)
        .put("conditions", texts(conditions))
        .text("message", words(why))
        .into()
}

/// A word for machines.
pub(crate) const fn kind(why: &Why) -> &'static str {
    match why {
        Why::Inexact(_) => "inexact",
        Why::Budget => "steps",
        Why::Unconfirmed => "unconfirmed",
        Why::NotAsked(_) => "not-asked",
    }
}
