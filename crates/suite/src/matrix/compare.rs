//! What changed between a matrix that was accepted and the one of now, the most dangerous
//! first.

use std::collections::{BTreeMap, BTreeSet};

use placet_model::render;
use smol_str::SmolStr;

use super::text::{Recorded, entry};
use super::{Matrix, Question};

/// One answer that changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// Who asks.
    pub who: SmolStr,
    /// What.
    pub question: Question,
    /// The answer that was accepted.
    pub was: String,
    /// The answer of now; `None` when it is not asked any more.
    pub is: Option<String>,
}

/// What changed, each list by who asks what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Granted now, and was not.
    pub granted: Vec<Change>,
    /// Granted on conditions now, and was denied.
    pub opened: Vec<Change>,
    /// Granted still, by other rules or within other limits.
    pub regranted: Vec<Change>,
    /// On other conditions than before.
    pub reconditioned: Vec<Change>,
    /// Granted on conditions now, and was granted without.
    pub conditional: Vec<Change>,
    /// Denied now, and was not.
    pub denied: Vec<Change>,
    /// Denied still, by other rules.
    pub redenied: Vec<Change>,
    /// Not there any more: the function, the agent, the user or the fixture.
    pub removed: Vec<Change>,
    /// Questions that are asked now and were not.
    pub asked: BTreeSet<Question>,
    /// Questions that were asked and are not.
    pub unasked: BTreeSet<Question>,
}

impl Changes {
    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The lists of changed answers, the most dangerous first, each with its title.
    #[must_use]
    pub fn lists(&self) -> [(&'static str, &[Change]); 8] {
        [
            ("new grants", &self.granted),
            ("new grants on conditions", &self.opened),
            ("grants by other rules or limits", &self.regranted),
            ("other conditions", &self.reconditioned),
            ("grants that became conditional", &self.conditional),
            ("new denies", &self.denied),
            ("denies by other rules", &self.redenied),
            ("removed", &self.removed),
        ]
    }

    /// What changed, for people: the lists that are not empty, each change under who asks, the
    /// action, what the answer was and what it is.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (title, changes) in self.lists() {
            if changes.is_empty() {
                continue;
            }
            text.push_str(title);
            text.push('\n');
            let mut blocks: BTreeMap<(&str, &str, &str, Option<&str>), BTreeSet<&Question>> =
                BTreeMap::new();
            for change in changes {
                let key = (
                    change.who.as_str(),
                    change.question.action.as_str(),
                    change.was.as_str(),
                    change.is.as_deref(),
                );
                blocks.entry(key).or_default().insert(&change.question);
            }
            for ((who, action, was, is), questions) in blocks {
                text.push_str(&format!("  {who} | {}\n", render::name(action)));
                text.push_str(&format!("    was  {was}\n"));
                text.push_str(&format!("    is   {}\n", is.unwrap_or("not there")));
                lines(&mut text, questions);
            }
        }
        for (title, questions) in [
            ("asked for the first time", &self.asked),
            ("not asked any more", &self.unasked),
        ] {
            if !questions.is_empty() {
                text.push_str(title);
                text.push('\n');
                for question in questions {
                    let action = render::name(&question.action);
                    text.push_str(&format!("      {action} | {}\n", entry(question)));
                }
            }
        }
        text
    }
}

fn lines(text: &mut String, questions: BTreeSet<&Question>) {
    for question in questions {
        text.push_str(&format!("      {}\n", entry(question)));
    }
}

/// What changed from an accepted matrix to this one.
///
/// Where this one was built with the accepted one [besides](super::Options::besides), an answer is compared even where a changed pattern
/// makes other samples.
#[must_use]
pub fn compare(accepted: &Recorded, now: &Matrix) -> Changes {
    let recorded = now.recorded_besides();
    let besides: BTreeSet<(&str, &Question)> = now.asked_besides().collect();
    let mut changes = Changes::default();
    let keys: BTreeSet<&(SmolStr, Question)> =
        accepted.told.keys().chain(recorded.told.keys()).collect();
    for key in keys {
        let (who, question) = key;
        let (was, is) = (accepted.told.get(key), recorded.told.get(key));
        if was == is {
            continue;
        }
        let asked_before = accepted.asks(who, question);
        let none = if asked_before { "deny" } else { "not asked" };
        let gone = is.is_none()
            && !now.asks(who, question)
            && !besides.contains(&(who.as_str(), question));
        let change = Change {
            who: who.clone(),
            question: question.clone(),
            was: was.cloned().unwrap_or_else(|| none.to_owned()),
            is: (!gone).then(|| is.cloned().unwrap_or_else(|| "deny".to_owned())),
        };
        let kind = |text: Option<&String>| Kind::of(text.map(String::as_str));
        let list = match (kind(was), kind(is)) {
            _ if gone => &mut changes.removed,
            (Kind::Grant, Kind::Grant) => &mut changes.regranted,
            (_, Kind::Grant) => &mut changes.granted,
            (Kind::Grant, Kind::Depends) => &mut changes.conditional,
            (Kind::Depends, Kind::Depends) => &mut changes.reconditioned,
            (Kind::Deny, Kind::Depends) => &mut changes.opened,
            (Kind::Deny, Kind::Deny) => &mut changes.redenied,
            (_, Kind::Deny) => &mut changes.denied,
        };
        list.push(change);
    }
    let after = now.recorded();
    let (before, after): (BTreeSet<_>, BTreeSet<_>) =
        (accepted.of(true).collect(), after.of(true).collect());
    changes.asked = after.difference(&before).copied().cloned().collect();
    changes.unasked = before.difference(&after).copied().cloned().collect();
    changes
}

/// The kind of an answer; what is not told is denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Grant,
    Depends,
    Deny,
}

impl Kind {
    fn of(outcome: Option<&str>) -> Self {
        match outcome.and_then(|text| text.split(' ').next()) {
            Some("grant") => Self::Grant,
            Some("depends") => Self::Depends,
            _ => Self::Deny,
        }
    }
}
