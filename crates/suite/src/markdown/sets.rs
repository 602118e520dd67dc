//! The policy set of each section: what belongs to it, what is implied, and what comes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use placet_compiler::scenario::Scenario;
use placet_compiler::{Place, compile};
use placet_syntax::{Code, Comment, Diagnostic, FileId, Lines, Parsed, Source, Sources, Span, ast};
use smol_str::{SmolStr, format_smolstr};

use super::expected::{self, Expected};
use super::{Document, DocumentError, LIMIT, Linter, sections};
use crate::report::{Played, Report, Verdict};
use crate::run::{Options, play_all};

/// The file that messages name for what no block says.
const IMPLIED: &str = "(implied)";

/// Checks the policy set of each section and plays its tests.
/// After something `stopped` it, they are only named.
pub(super) fn run(
    document: &Document,
    options: &Options,
    mut stopped: bool,
) -> Result<Report, DocumentError> {
    let started = Instant::now();
    if let Some(open) = document.uses.iter().find(|open| open.texts.is_empty()) {
        let what = format!("no texts were brought for `{}`", super::shown(&open.path));
        return Err(document.error(open.line, what));
    }
    let mut desk = Desk::new(document)?;
    let names = sections::names(&document.sections, &document.name);
    let mut report = Report {
        sources: Sources::default(),
        total: 0,
        tests: Vec::new(),
        elapsed: Duration::ZERO,
    };
    let mut size = 0;
    for (section, name) in names.iter().enumerate() {
        let Some(set) = desk.set(document, section) else {
            continue;
        };
        size += set.size;
        if size > LIMIT {
            let line = document.sections.get(section).map_or(1, |at| at.line);
            let what = format!(
                "the policy sets up to here hold more than {LIMIT} bytes together: divide the \
                 document, or say less above its sections"
            );
            return Err(document.error(line, what));
        }
        let ran = desk.run(section, name, &set, options, stopped);
        stopped |= options.fail_fast && ran.tests.iter().any(failed);
        report.total += ran.total;
        report.tests.extend(ran.tests);
    }
    report.sources = desk.sources;
    report.elapsed = started.elapsed();
    Ok(report)
}

/// All texts, each parsed once.
struct Desk {
    sources: Sources,
    texts: Vec<Text>,
    /// The texts of each section that has some, in their order.
    of: BTreeMap<usize, Vec<usize>>,
    /// The sections above those that have blocks.
    above: BTreeSet<usize>,
    /// The lints that comments name, and who looks for them.
    lints: Vec<Code>,
    linter: Option<Linter>,
}

struct Text {
    /// It is a block of the document itself.
    own: bool,
    id: FileId,
    size: usize,
    parsed: Parsed,
    expected: Vec<Expected>,
    lines: Lines,
}

/// What belongs to the policy set of a section.
struct Set {
    texts: Vec<usize>,
    size: usize,
}

/// What came of a section.
struct Ran {
    total: usize,
    tests: Vec<Played>,
}

impl Desk {
    fn new(document: &Document) -> Result<Self, DocumentError> {
        let mut desk = Self {
            sources: Sources::default(),
            texts: Vec::new(),
            of: BTreeMap::new(),
            above: BTreeSet::new(),
            lints: Vec::new(),
            linter: document.linter,
        };
        let brought = document
            .uses
            .iter()
            .flat_map(|used| used.texts.iter().map(|text| (used.section, false, text)));
        let blocks = document.blocks.iter();
        let blocks = blocks.map(|block| (block.section, true, &block.source));
        for (section, own, source) in brought.chain(blocks) {
            let id = desk.sources.add(source.clone());
            let parsed = placet_syntax::parse(id, source);
            // What another text is to find is its own affair.
            let expected = match own {
                true => expected::read(id, source, &parsed.comments)
                    .map_err(|(at, what)| document.error(source.line_column(at).line, what))?,
                false => Vec::new(),
            };
            for lint in expected.iter().filter(|expected| expected.code.is_lint()) {
                let code = lint.code;
                if desk.linter.is_none() {
                    let what = format!("nobody looks for `{code}` here: `placet test` does");
                    let line = source.line_column(lint.place.span.start).line;
                    return Err(document.error(line, what));
                }
                if !desk.lints.contains(&code) {
                    desk.lints.push(code);
                }
            }
            if own {
                let mut path = sections::path(&document.sections, section);
                path.pop();
                desk.above.extend(path);
            }
            desk.of.entry(section).or_default().push(desk.texts.len());
            desk.texts.push(Text {
                own,
                id,
                size: source.text.len(),
                parsed,
                expected,
                lines: Lines::new(&source.text),
            });
        }
        Ok(desk)
    }

    /// The texts of a section and of those above it, if the section is to be looked at: it has
    /// blocks, and either no section below it has any, or its own say something that can be
    /// wrong: tests and expectations. What only prepares is looked at below.
    fn set(&self, document: &Document, section: usize) -> Option<Set> {
        let says = |text: &Text| {
            let mut items = text.parsed.file.items.iter();
            !text.expected.is_empty()
                || items.any(|item| matches!(item.kind, ast::ItemKind::Test(_)))
        };
        let mut own = self.own(section).peekable();
        own.peek()?;
        if self.above.contains(&section) && !own.any(says) {
            return None;
        }
        let path = sections::path(&document.sections, section);
        let texts = path.iter().filter_map(|section| self.of.get(section));
        let mut texts: Vec<usize> = texts.flatten().copied().collect();
        texts.sort_unstable();
        let inside = texts.iter().filter_map(|at| self.texts.get(*at));
        Some(Set {
            size: inside.map(|text| text.size).sum(),
            texts,
        })
    }

    /// The blocks of a section.
    fn own(&self, section: usize) -> impl Iterator<Item = &Text> {
        let texts = self.of.get(&section).into_iter().flatten();
        let texts = texts.filter_map(|at| self.texts.get(*at));
        texts.filter(|text| text.own)
    }

    /// Checks a set and plays the tests of its section.
    fn run(
        &mut self,
        section: usize,
        name: &SmolStr,
        set: &Set,
        options: &Options,
        stopped: bool,
    ) -> Ran {
        let implied = self.implied(set);
        let inside: Vec<&Text> = set
            .texts
            .iter()
            .filter_map(|at| self.texts.get(*at))
            .collect();
        let comments: Vec<Vec<Comment>> = inside
            .iter()
            .map(|text| text.parsed.comments.clone())
            .collect();
        let mut files: Vec<ast::File> =
            inside.iter().map(|text| text.parsed.file.clone()).collect();
        files.extend(implied);
        let mut compilation = compile(&self.sources, &files);
        let parsed = inside.iter().flat_map(|text| &text.parsed.diagnostics);
        let mut found: Vec<Diagnostic> = parsed.cloned().collect();
        found.append(&mut compilation.diagnostics);
        if let (Some(linter), false) = (self.linter, self.lints.is_empty()) {
            found.extend(linter(&super::Set {
                sources: &self.sources,
                files: &files,
                comments: &comments,
                compilation: &compilation,
                codes: &self.lints,
            }));
        }
        found.sort_by_key(|found| found.primary().map(|label| (label.file, label.span)));

        let expected: Vec<&Expected> = inside.iter().flat_map(|text| &text.expected).collect();
        let lines: BTreeMap<FileId, &Lines> =
            inside.iter().map(|text| (text.id, &text.lines)).collect();
        let line = |file, at| lines.get(&file).map(|lines| lines.line(at));
        let unlike = expected::compare(&expected, &found, line);

        let usable = !found.iter().any(Diagnostic::is_error);
        let own: BTreeSet<FileId> = self.own(section).map(|text| text.id).collect();
        let scenarios: Vec<&Scenario> = compilation
            .scenarios
            .iter()
            .filter(|scenario| usable && own.contains(&scenario.place.file))
            .collect();

        let mut ran = Ran {
            total: scenarios.len(),
            tests: Vec::new(),
        };
        let stop = |ran: &Ran| stopped || options.fail_fast && ran.tests.iter().any(failed);
        // A section is told of when there is something to tell: what it expects, what it did
        // not, or that it is fine when no test says so.
        if unlike.is_some() || !expected.is_empty() || scenarios.is_empty() {
            ran.total += 1;
            if options.selects(name) {
                let verdict = match unlike {
                    _ if stop(&ran) => Verdict::NotPlayed,
                    Some(unlike) => Verdict::Unlike(Box::new(unlike)),
                    None => Verdict::Passed,
                };
                ran.tests.push(Played {
                    title: name.clone(),
                    // Its first block.
                    place: Place {
                        file: own.first().copied().unwrap_or_default(),
                        span: Span::at(0),
                    },
                    row: None,
                    steps: 0,
                    expects: Some(expected.len()),
                    verdict,
                    elapsed: Duration::ZERO,
                });
            }
        }
        let titled = |title: &SmolStr| match section {
            0 => title.clone(),
            _ => format_smolstr!("{name} > {title}"),
        };
        let chosen: Vec<&Scenario> = scenarios
            .into_iter()
            .filter(|scenario| options.selects(&titled(&scenario.title)))
            .collect();
        let mut tests = match (&compilation.compiled, stop(&ran)) {
            (Some(policy), false) => play_all(policy, &chosen, options),
            _ => chosen
                .iter()
                .map(|scenario| Played::of(scenario, Verdict::NotPlayed))
                .collect(),
        };
        for test in &mut tests {
            test.title = titled(&test.title);
        }
        ran.tests.append(&mut tests);
        ran
    }

    /// What makes a policy set of fragments: when none of the texts declares a `policy`, one
    /// with every layer that they name, and a rule that is about nothing in each layer that
    /// has no rule. Nothing is implied where it is expected that a policy is missed.
    fn implied(&mut self, set: &Set) -> Vec<ast::File> {
        let inside: Vec<&Text> = set
            .texts
            .iter()
            .filter_map(|at| self.texts.get(*at))
            .collect();
        let declares = |text: &&Text| {
            let mut items = text.parsed.file.items.iter();
            let expected = text.expected.iter();
            items.any(|item| matches!(item.kind, ast::ItemKind::Policy(_)))
                || expected.into_iter().any(|what| what.code == Code::PL0701)
        };
        if inside.iter().any(declares) {
            return Vec::new();
        }
        // Each layer with how it is named, and whether it has a rule.
        let mut layers: BTreeMap<SmolStr, (String, bool)> = BTreeMap::new();
        layers.insert("main".into(), (String::new(), false));
        for text in inside {
            let file = &text.parsed.file;
            let (name, line) = match &file.layer {
                None => ("main".into(), String::new()),
                Some(layer) => {
                    let guard = if layer.default_grant {
                        " default grant"
                    } else {
                        ""
                    };
                    let name: &SmolStr = &layer.name.node;
                    (name.clone(), format!("layer {}{guard}\n", quoted(name)))
                }
            };
            let mut items = file.items.iter();
            let ruled = items.any(|item| matches!(item.kind, ast::ItemKind::Rule(_)));
            let layer = layers.entry(name).or_insert((line, false));
            layer.1 |= ruled;
        }
        let names: Vec<String> = layers.keys().map(|name| quoted(name)).collect();
        let mut texts = vec![format!(
            "policy document {{ language 1  layers {}  lifetime 1h }}\n",
            names.join(", ")
        )];
        let bare = layers.values().filter(|(_, ruled)| !ruled);
        texts.extend(
            bare.map(|(line, _)| {
                format!("{line}deny \"{IMPLIED}\" {{ resource \"{IMPLIED}\" }}\n")
            }),
        );
        texts
            .into_iter()
            .map(|text| {
                let source = Source::new(IMPLIED, text);
                let id = self.sources.add(source.clone());
                placet_syntax::parse(id, &source).file
            })
            .collect()
    }
}

/// A name as it may stand anywhere in a policy.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

const fn failed(test: &Played) -> bool {
    matches!(test.verdict, Verdict::Failed(_) | Verdict::Unlike(_))
}
