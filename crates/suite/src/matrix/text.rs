//! A matrix as text that diffs well, and back.
//!
//! One fact a line, in a stable order, and no column whose width hangs on another line. A
//! heading says who, which action and the answer; below it stand the functions and resources
//! with this answer, indented, so that `git diff` shows the heading in its `@@` line. What was
//! asked and stands under no answer is denied: no grant reaches it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use placet_evaluator::Outlook;
use placet_model::decision::Answer;
use placet_model::render;
use smol_str::SmolStr;
use thiserror::Error;

use super::{Cell, Matrix, Question, word};

const HEAD: &str = "# placet matrix 1";
const BAR: &str = " | ";
const EVERYBODY: &str = "asked of everybody";
const FIXTURES: &str = "asked of fixtures";

impl Matrix {
    /// The matrix as it is kept beside the policy.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!(
            "{HEAD}: who may do what under policy {}\n\
             # What was asked and is not told of somebody is denied: no grant reaches it.\n",
            render::name(&self.policy)
        );
        let mut blocks: BTreeMap<(&str, String), BTreeSet<&Question>> = BTreeMap::new();
        for cell in &self.cells {
            if let Some(outcome) = outcome(&cell.outlook) {
                let action = render::name(&cell.question.action);
                blocks
                    .entry((&cell.who, format!("{action} | {outcome}")))
                    .or_default()
                    .insert(&cell.question);
            }
        }
        for ((who, rest), questions) in &blocks {
            block(&mut text, &format!("{who} | {rest}"), questions);
        }
        for (heading, questions) in [(EVERYBODY, &self.common), (FIXTURES, &self.fixtures)] {
            let mut by_action: BTreeMap<&SmolStr, BTreeSet<&Question>> = BTreeMap::new();
            for question in questions {
                by_action
                    .entry(&question.action)
                    .or_default()
                    .insert(question);
            }
            for (action, questions) in by_action {
                let heading = format!("{heading} | {}", render::name(action));
                block(&mut text, &heading, &questions);
            }
        }
        text
    }

    /// What the text says, without the way through it.
    #[must_use]
    pub fn recorded(&self) -> Recorded {
        let mut recorded = Recorded {
            asked: self.common.clone(),
            asked_of_fixtures: self.fixtures.clone(),
            ..Recorded::default()
        };
        for cell in &self.cells {
            recorded.add(cell);
        }
        recorded
    }

    /// As [`Matrix::recorded`], with the answers to the questions that were asked besides.
    pub(super) fn recorded_besides(&self) -> Recorded {
        let mut recorded = self.recorded();
        for cell in &self.besides {
            recorded.add(cell);
        }
        recorded
    }

    /// Whether somebody of this label is asked a question.
    pub(super) fn asks(&self, who: &str, question: &Question) -> bool {
        self.everybody.get(who).is_some_and(|who| {
            self.common.contains(question) || who.fixture && self.fixtures.contains(question)
        })
    }

    /// Who was asked which further questions.
    pub(super) fn asked_besides(&self) -> impl Iterator<Item = (&str, &Question)> {
        let cells = self.besides.iter();
        cells.map(|cell| (cell.who.as_str(), &cell.question))
    }
}

fn block(text: &mut String, heading: &str, questions: &BTreeSet<&Question>) {
    let lines = questions
        .iter()
        .map(|question| format!("  {}\n", entry(question)));
    // Writing to a text cannot fail.
    let _infallible = write!(text, "\n{heading}\n{}", lines.collect::<String>());
}

/// A function and a resource: `desk.reply "ticket/x/1"`.
pub(super) fn entry(question: &Question) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
    let tool = &question.tool;
    let resource = quoted(&question.resource);
    if tool.chars().all(plain) {
        format!("{tool} {resource}")
    } else {
        format!("{} {resource}", quoted(tool))
    }
}

/// An answer as it is told; `None` for what no grant reaches.
pub(super) fn outcome(outlook: &Outlook) -> Option<String> {
    if outlook.answer == Answer::No && outlook.rules.is_empty() {
        return None;
    }
    let mut text = word(outlook.answer).to_owned();
    if !outlook.depends_on.is_empty() {
        text.push_str(" on ");
        text.push_str(&outlook.depends_on.join(", "));
    }
    let rules: Vec<String> = outlook
        .rules
        .iter()
        .map(|rule| rule.name.to_string())
        .collect();
    if !rules.is_empty() {
        text.push_str(" | by ");
        text.push_str(&rules.join(", "));
    }
    let mut limits = Vec::new();
    if let Some(lifetime) = outlook.lifetime {
        limits.push(format!("for {lifetime}"));
    }
    if let Some(depth) = outlook.delegate.filter(|depth| *depth > 0) {
        limits.push(format!("delegate {depth}"));
    }
    limits.extend(
        outlook
            .budgets
            .iter()
            .map(|budget| format!("budget {budget}")),
    );
    if !limits.is_empty() {
        text.push_str(" | ");
        text.push_str(&limits.join(", "));
    }
    Some(text)
}

/// What a text of a matrix says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// What was asked of everybody.
    pub(super) asked: BTreeSet<Question>,
    /// What fixtures were asked besides.
    pub(super) asked_of_fixtures: BTreeSet<Question>,
    /// The answers that are told: `grant | by …`, by who asked what.
    pub(super) told: BTreeMap<(SmolStr, Question), String>,
}

/// The text is none of a matrix.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line} is none of a matrix")]
pub struct NotAMatrix {
    /// The line, from 1 on.
    pub line: usize,
}

impl Recorded {
    fn add(&mut self, cell: &Cell) {
        if let Some(outcome) = outcome(&cell.outlook) {
            self.told
                .insert((cell.who.clone(), cell.question.clone()), outcome);
        }
    }

    /// Reads the text of a matrix.
    ///
    /// # Errors
    ///
    /// The first line that no matrix has.
    pub fn read(text: &str) -> Result<Self, NotAMatrix> {
        let mut recorded = Self::default();
        let mut under: Option<(&str, SmolStr, &str)> = None;
        for (at, line) in text.lines().enumerate() {
            let wrong = NotAMatrix { line: at + 1 };
            if at == 0 && !line.starts_with(HEAD) {
                return Err(wrong);
            }
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let Some(entry) = line.strip_prefix("  ") else {
                let (who, rest) = split(line, BAR).ok_or(wrong)?;
                let (action, outcome) = split(rest, BAR).unwrap_or((rest, ""));
                under = Some((who, unquoted(action), outcome));
                continue;
            };
            let (Some((who, action, outcome)), Some((tool, resource))) =
                (&under, split(entry, " "))
            else {
                return Err(wrong);
            };
            let question = Question {
                action: action.clone(),
                tool: unquoted(tool),
                resource: unquoted(resource),
            };
            if *who == EVERYBODY {
                recorded.asked.insert(question);
            } else if *who == FIXTURES {
                recorded.asked_of_fixtures.insert(question);
            } else {
                let key = (SmolStr::new(who), question);
                recorded.told.insert(key, (*outcome).to_owned());
            }
        }
        Ok(recorded)
    }

    /// What was asked of a fixture, or of others.
    pub(super) fn of(&self, fixture: bool) -> impl Iterator<Item = &Question> {
        let besides = self.asked_of_fixtures.iter().filter(move |_| fixture);
        self.asked.iter().chain(besides)
    }

    /// Whether a question was asked of somebody.
    pub(super) fn asks(&self, who: &str, question: &Question) -> bool {
        self.asked.contains(question)
            || who.starts_with("given ") && self.asked_of_fixtures.contains(question)
    }
}

/// A line at its first separator outside of quotes.
fn split<'l>(line: &'l str, separator: &str) -> Option<(&'l str, &'l str)> {
    let mut is_quoted = false;
    let mut is_escaped = false;
    for (at, c) in line.char_indices() {
        match c {
            '"' if !is_escaped => is_quoted = !is_quoted,
            ' ' if !is_quoted => {
                if let Some(rest) = line.get(at..).and_then(|rest| rest.strip_prefix(separator)) {
                    return Some((line.get(..at)?, rest));
                }
            }
            _ => {}
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    None
}

/// A text in quotes, as [`render::name`] writes what is no identifier.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A text as it was before it was quoted, if it was.
fn unquoted(text: &str) -> SmolStr {
    let inner = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    let Some(inner) = inner else {
        return text.into();
    };
    let mut plain = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        plain.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    plain.into()
}
