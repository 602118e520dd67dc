//! Where a policy and what is differ, for people, machines and code scanning.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Level, Renderer};
use placet::model::json::Json;
use placet::syntax::{Label, Sources};
use placet_import::{At, Code, Finding, Severity};
use smol_str::SmolStr;

use crate::error::Error;
use crate::members::Members;
use crate::output::printable;
use crate::render::diagnostics::{excerpts, plural};
use crate::render::sarif::{self, Extent, Hit, Rule, Spot};
use crate::render::style::{BOLD, DIM, GREEN, RED, RESET, YELLOW};

/// What came of comparing.
pub(crate) struct Drifted {
    /// What differs.
    pub(crate) findings: Vec<Finding>,
    /// The lists that were compared.
    pub(crate) lists: Vec<List>,
    /// Tools of the policy for whose server there was no list.
    pub(crate) others: Vec<SmolStr>,
    /// The texts of the policy.
    pub(crate) sources: Sources,
}

/// A list of tools.
pub(crate) struct List {
    pub(crate) file: String,
    pub(crate) server: SmolStr,
    pub(crate) tools: usize,
    /// The tools of the policy that stand for its server.
    pub(crate) stands: Vec<SmolStr>,
}

impl Drifted {
    fn count(&self, severity: Severity) -> usize {
        let findings = self.findings.iter();
        findings.filter(|one| one.severity == severity).count()
    }

    /// A place in a list, as a file and a pointer in it.
    fn real<'a>(&'a self, finding: &'a Finding) -> Option<(&'a List, &'a str)> {
        let (list, pointer) = finding.real.as_ref()?;
        Some((self.lists.get(*list)?, pointer))
    }

    fn extent(&self, at: At) -> Option<(&str, Extent)> {
        let source = self.sources.get(at.file)?;
        let place = |byte| {
            let at = source.line_column(byte);
            (at.line, at.column)
        };
        let extent = Extent {
            start: place(at.span.start),
            end: place(at.span.end),
        };
        Some((&source.name, extent))
    }
}

/// Every finding with its place and what to write, then how many there are. Has escape
/// sequences.
pub(crate) fn text(drifted: &Drifted) -> String {
    let mut text = String::new();
    for finding in &drifted.findings {
        text.push_str(&one(drifted, finding));
        text.push_str("\n\n");
    }
    for list in &drifted.lists {
        let stands = match list.stands.as_slice() {
            [] => "nothing".to_owned(),
            stands => format!("`{}`", stands.join("`, `")),
        };
        text.push_str(&printable(&format!(
            "{}: {} of `{}`, compared with {stands}",
            list.file,
            plural(list.tools, "tool"),
            list.server
        )));
        text.push('\n');
    }
    if !drifted.others.is_empty() {
        let others = printable(&drifted.others.join("`, `"));
        text.push_str(&format!(
            "{DIM}not compared, for want of a list: `{others}`{RESET}\n"
        ));
    }
    let (errors, warnings) = (
        drifted.count(Severity::Error),
        drifted.count(Severity::Warning),
    );
    text.push_str(&match (errors, warnings) {
        (0, 0) => format!("{GREEN}{BOLD}no drift{RESET}\n"),
        (0, _) => format!(
            "{YELLOW}{BOLD}drift{RESET}: {}\n",
            plural(warnings, "warning")
        ),
        (_, 0) => format!("{RED}{BOLD}drift{RESET}: {}\n", plural(errors, "error")),
        _ => format!(
            "{RED}{BOLD}drift{RESET}: {}, {}\n",
            plural(errors, "error"),
            plural(warnings, "warning")
        ),
    });
    text
}

fn one(drifted: &Drifted, finding: &Finding) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let labels: Vec<Label> = finding
        .at
        .iter()
        .map(|at| Label {
            file: at.file,
            span: at.span,
            text: String::new(),
            primary: true,
        })
        .collect();
    let mut group = level
        .primary_title(printable(&finding.message))
        .id(finding.code.code())
        .elements(excerpts(&drifted.sources, &labels));
    if let Some((list, pointer)) = drifted.real(finding) {
        let place = match pointer {
            "" => list.file.clone(),
            pointer => format!("{}, {pointer}", list.file),
        };
        group =
            group.element(Level::NOTE.message(printable(&format!("the server's side: {place}"))));
    }
    let help = match &finding.write {
        Some(write) => format!("{}\n{write}", finding.help),
        None => finding.help.clone(),
    };
    group = group.element(Level::HELP.message(printable(&help)));
    let renderer = Renderer::styled().decor_style(DecorStyle::Ascii);
    renderer.render(&[group])
}

/// For machines. The shape is stable: keys are only ever added.
pub(crate) fn json(drifted: &Drifted) -> Json {
    let texts =
        |texts: &[SmolStr]| -> Vec<Json> { texts.iter().cloned().map(Json::String).collect() };
    Members::report()
        .put(
            "counts",
            Members::default()
                .number("errors", drifted.count(Severity::Error))
                .number("warnings", drifted.count(Severity::Warning))
                .into(),
        )
        .list(
            "lists",
            drifted.lists.iter().map(|list| {
                Members::default()
                    .text("file", &list.file)
                    .text("server", &list.server)
                    .number("tools", list.tools)
                    .list("compared_with", texts(&list.stands))
                    .into()
            }),
        )
        .list("not_compared", texts(&drifted.others))
        .list(
            "findings",
            drifted
                .findings
                .iter()
                .map(|finding| finding_json(drifted, finding)),
        )
        .into()
}

fn finding_json(drifted: &Drifted, finding: &Finding) -> Json {
    let mut members = Members::default()
        .text("code", finding.code.code())
        .text("name", finding.code.name())
        .text("severity", finding.severity.name())
        .text("about", &finding.about)
        .text("message", &finding.message)
        .text("help", &finding.help)
        .maybe("write", finding.write.as_ref());
    if let Some((file, extent)) = finding.at.and_then(|at| drifted.extent(at)) {
        members = members
            .text("file", file)
            .number("line", extent.start.0)
            .number("column", extent.start.1);
    }
    if let Some((list, pointer)) = drifted.real(finding) {
        members = members.text("list", &list.file).text("pointer", pointer);
    }
    members.into()
}

/// For code scanning.
pub(crate) fn sarif(drifted: &Drifted) -> Result<String, Error> {
    let rules: Vec<Rule> = Code::ALL
        .iter()
        .map(|code| Rule {
            code: code.code().to_owned(),
            name: code.name().to_owned(),
            summary: code.summary().to_owned(),
            tags: vec!["drift".into()],
            ..Rule::default()
        })
        .collect();
    let hits: Vec<Hit> = drifted
        .findings
        .iter()
        .map(|finding| {
            let mut spots = Vec::new();
            if let Some((file, extent)) = finding.at.and_then(|at| drifted.extent(at)) {
                spots.push(Spot {
                    file: file.to_owned(),
                    extent: Some(extent),
                    said: None,
                });
            }
            if let Some((list, pointer)) = drifted.real(finding) {
                spots.push(Spot {
                    file: list.file.clone(),
                    extent: None,
                    said: Some(format!("the server's side: {pointer}")),
                });
            }
            let write = finding.write.as_ref();
            let write = write.map_or_else(String::new, |write| format!(":\n{write}"));
            Hit {
                code: finding.code.code().to_owned(),
                level: match finding.severity {
                    Severity::Error => sarif::Level::Error,
                    Severity::Warning => sarif::Level::Warning,
                },
                message: format!("{}; {}{write}", finding.message, finding.help),
                spots,
                about: Some(finding.about.to_string()),
                fixes: Vec::new(),
            }
        })
        .collect();
    sarif::text(&rules, &hits)
}
