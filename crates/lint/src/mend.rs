//! Applies fixes, and believes none of them: what is mended compiles, and decides as before
//! unless the fix says otherwise.

use std::collections::{BTreeMap, BTreeSet};

use placet_analysis::Effort;
use placet_analysis::diff::diff;
use placet_compiler::texts::{Checked, check};
use placet_model::compiled::Compiled;
use placet_syntax::{Code, FileId};

use crate::config::Config;
use crate::finding::{Edit, Finding, Fix, Meaning, Safety};
use crate::lint;

/// The most passes: a fix may uncover what another rule finds.
const PASSES: usize = 10;

/// What came of mending.
#[derive(Clone, Debug, Default)]
pub struct Mended {
    /// All texts, mended or not, in the order in which they came.
    pub texts: Vec<(String, Vec<u8>)>,
    /// What was done, in order.
    pub applied: Vec<Applied>,
    /// What was not, since it would not have kept its word.
    pub refused: Vec<Refused>,
}

/// A fix that was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The rule that it mends a finding of.
    pub code: Code,
    /// The name of the text.
    pub file: String,
    /// What it did.
    pub title: String,
}

/// A fix that was tried and not applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What it would have been.
    pub fix: Applied,
    /// Why it was not applied.
    pub why: String,
}

/// Applies the fixes of all findings in texts that compile, the risky ones only if they are
/// wanted. Findings that `spared` says are left alone.
pub fn mend(
    texts: Vec<(String, Vec<u8>)>,
    config: &Config,
    risky: bool,
    spared: &dyn Fn(&Finding, &Checked) -> bool,
) -> Mended {
    let mut mended = Mended {
        texts,
        ..Mended::default()
    };
    let mut hopeless = BTreeSet::new();
    for _ in 0..PASSES {
        if !pass(&mut mended, &mut hopeless, config, risky, spared) {
            break;
        }
    }
    mended
}

/// Applies what can be applied at once; whether that was anything.
fn pass(
    mended: &mut Mended,
    hopeless: &mut BTreeSet<Key>,
    config: &Config,
    risky: bool,
    spared: &dyn Fn(&Finding, &Checked) -> bool,
) -> bool {
    let old = check(mended.texts.iter().cloned());
    let findings = lint(&old, config);
    let wanted = findings.iter().filter(|found| !spared(found, &old));
    let fixes: Vec<Candidate> = wanted
        .filter_map(|found| {
            let fix = found.fix.as_ref()?;
            let file = fix
                .edits
                .first()
                .and_then(|edit| old.sources.get(edit.file))?;
            let applied = Applied {
                code: found.rule.code,
                file: file.name.clone(),
                title: fix.title.clone(),
            };
            let key = key(found, fix, &old);
            let wanted = risky || fix.safety == Safety::Safe;
            (wanted && !hopeless.contains(&key)).then_some(Candidate { applied, key, fix })
        })
        .collect();
    // What keeps its meaning goes first: it is held to that, and what follows is not.
    for meaning in [Meaning::Kept, Meaning::Changed] {
        let alike = fixes.iter().filter(|one| one.fix.meaning == meaning);
        let chosen = apart(alike);
        if chosen.is_empty() {
            continue;
        }
        let mut round = Round {
            old: &old,
            texts: &mended.texts,
            meaning,
            kept: Vec::new(),
            came: None,
            refused: Vec::new(),
        };
        round.settle(&chosen);
        let Round {
            kept,
            came,
            refused,
            ..
        } = round;
        for (one, why) in refused {
            hopeless.insert(one.key.clone());
            mended.refused.push(Refused {
                fix: one.applied.clone(),
                why,
            });
        }
        if let Some(texts) = came {
            let done = kept.iter().map(|one| one.applied.clone());
            mended.applied.extend(done);
            mended.texts = texts;
            return true;
        }
    }
    false
}

/// A fix that may be applied.
struct Candidate<'f> {
    /// What is told of it.
    applied: Applied,
    key: Key,
    fix: &'f Fix,
}

/// By what a fix is known again when its place has moved: its finding, and what it replaces.
type Key = (Code, String, Vec<String>);

fn key(found: &Finding, fix: &Fix, old: &Checked) -> Key {
    let edits = fix.edits.iter().map(|edit| {
        let source = old.sources.get(edit.file);
        source
            .map_or("", |source| source.slice(edit.span))
            .to_owned()
    });
    let message = found.diagnostic.message.clone();
    (found.rule.code, message, edits.collect())
}

/// What can be applied to the same texts.
struct Round<'r> {
    old: &'r Checked,
    texts: &'r [(String, Vec<u8>)],
    meaning: Meaning,
    /// The fixes that keep their word together.
    kept: Vec<&'r Candidate<'r>>,
    /// The texts after those; `None` as long as there are none.
    came: Option<Vec<(String, Vec<u8>)>>,
    /// Those that do not, alone, and why.
    refused: Vec<(&'r Candidate<'r>, String)>,
}

impl<'r> Round<'r> {
    /// Adds these fixes: all of them if they keep their word together, else those of each half
    /// that do. One that breaks it with others alone is left for when those are done.
    fn settle(&mut self, fixes: &[&'r Candidate<'r>]) {
        let together = self.kept.iter().chain(fixes).map(|one| one.fix);
        let why = match self.attempt(together.collect()) {
            Ok(texts) => {
                self.kept.extend(fixes);
                self.came = Some(texts);
                return;
            }
            Err(why) => why,
        };
        match fixes {
            [] => {}
            [one] => {
                let why = match self.kept.is_empty() {
                    true => Some(why),
                    false => self.attempt(vec![one.fix]).err(),
                };
                self.refused.extend(why.map(|why| (*one, why)));
            }
            _ => {
                let (first, rest) = fixes.split_at(fixes.len() / 2);
                self.settle(first);
                self.settle(rest);
            }
        }
    }

    fn attempt(&self, fixes: Vec<&Fix>) -> Result<Vec<(String, Vec<u8>)>, String> {
        attempt(self.old, self.texts, &fixes, self.meaning)
    }
}

/// The fixes that do not touch one another, the first ones first.
fn apart<'f>(fixes: impl Iterator<Item = &'f Candidate<'f>>) -> Vec<&'f Candidate<'f>> {
    let mut taken: Vec<&Edit> = Vec::new();
    let mut chosen = Vec::new();
    for one in fixes {
        let touches = |edit: &Edit| {
            taken.iter().any(|other| {
                other.file == edit.file
                    && edit.span.start <= other.span.end
                    && other.span.start <= edit.span.end
            })
        };
        if !one.fix.edits.iter().any(touches) {
            taken.extend(&one.fix.edits);
            chosen.push(one);
        }
    }
    chosen
}

/// The texts after some fixes, or why they must not be applied.
fn attempt(
    old: &Checked,
    texts: &[(String, Vec<u8>)],
    fixes: &[&Fix],
    meaning: Meaning,
) -> Result<Vec<(String, Vec<u8>)>, String> {
    let mut by_file: BTreeMap<FileId, Vec<&Edit>> = BTreeMap::new();
    for edit in fixes.iter().flat_map(|fix| &fix.edits) {
        by_file.entry(edit.file).or_default().push(edit);
    }
    let mut mended = texts.to_vec();
    for (file, edits) in by_file {
        let text = mended.get_mut(file.0 as usize);
        let text = text.ok_or("it is about a text that is not there")?;
        text.1 = edited(&text.1, edits).ok_or("its edits do not fit the text")?;
    }
    let new = check(mended.iter().cloned());
    let (Some(before), Some(after)) = (&old.policy, &new.policy) else {
        let mut errors = new.diagnostics.iter().filter(|found| found.is_error());
        let first = errors.next().map(|found| found.message.as_str());
        return Err(format!(
            "the policy would not compile: {}",
            first.unwrap_or("it has errors")
        ));
    };
    if meaning == Meaning::Kept {
        same(before, after)?;
    }
    Ok(mended)
}

/// Whether two policies decide the same: they are the same, or nothing that one of them grants
/// is not granted, or granted otherwise, by the other.
fn same(before: &Compiled, after: &Compiled) -> Result<(), String> {
    if before.digest() == after.digest() {
        return Ok(());
    }
    let difference = diff(before, after, Effort::default());
    if difference.is_empty() {
        return Ok(());
    }
    Err(match difference.unknown.is_empty() {
        false => "whether the policy would decide the same cannot be told".to_owned(),
        true => "the policy would decide otherwise".to_owned(),
    })
}

fn edited(text: &[u8], mut edits: Vec<&Edit>) -> Option<Vec<u8>> {
    edits.sort_by_key(|edit| edit.span);
    // New lines end as the others do.
    let ending = match text.windows(2).any(|pair| pair == b"\r\n") {
        true => "\r\n",
        false => "\n",
    };
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        let (start, end) = (edit.span.start as usize, edit.span.end as usize);
        out.extend_from_slice(text.get(at..start)?);
        let lines: Vec<&str> = edit.text.split('\n').collect();
        let lines = lines.iter().map(|line| line.trim_end_matches('\r'));
        out.extend_from_slice(lines.collect::<Vec<_>>().join(ending).as_bytes());
        at = end;
    }
    out.extend_from_slice(text.get(at..)?);
    Some(out)
}
