//! What `placet.toml` says: levels, parameters, words, and where they differ.
//!
//! Unknown keys are errors: a level that is misspelt would be a rule that nobody runs.

mod read;

use std::collections::BTreeMap;

use globset::GlobSet;
use placet_model::value::Duration;
use placet_syntax::Code;

use crate::descriptor::{Category, Default as Standard, Level, Rule};
use crate::words::Kind;

pub use read::ConfigError;

/// How rules are set. The default is what each rule says of itself.
#[derive(Clone, Debug, Default)]
pub struct Config {
    levels: Levels,
    parameters: BTreeMap<(Code, &'static str), Set>,
    words: BTreeMap<Kind, Vec<String>>,
    /// Later ones win.
    places: Vec<Place>,
    /// Where texts are, seen from the configuration, by their names.
    seen: BTreeMap<String, String>,
    /// Only these rules are run, if there are any.
    only: Vec<Code>,
}

/// Levels of rules and of whole categories.
#[derive(Clone, Debug, Default)]
struct Levels {
    rules: BTreeMap<Code, Level>,
    categories: BTreeMap<Category, Level>,
}

/// Levels that hold for some files.
#[derive(Clone, Debug)]
struct Place {
    files: GlobSet,
    levels: Levels,
}

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Set {
    Duration(Duration),
    Count(u64),
    Words(Vec<String>),
}

impl Levels {
    fn of(&self, rule: &Rule) -> Option<Level> {
        let own = self.rules.get(&rule.code);
        own.or_else(|| self.categories.get(&rule.category)).copied()
    }
}

impl Config {
    /// Reads the text of a `placet.toml`.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong with it, with its place and what may have been meant.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        read::read(text)
    }

    /// Says where texts are, seen from the folder of the configuration, since patterns of files
    /// count from there: the name of each, and its path with `/` between the parts. A text of
    /// which nothing is said is where its name says.
    #[must_use]
    pub fn placed(mut self, texts: impl IntoIterator<Item = (String, String)>) -> Self {
        self.seen.extend(texts);
        self
    }

    /// Runs these rules and no others, whatever their levels: one that is off is a warning.
    pub fn only(&mut self, rules: impl IntoIterator<Item = &'static Rule> + Clone) {
        self.only
            .extend(rules.clone().into_iter().map(|rule| rule.code));
        self.with(rules);
    }

    /// Runs these rules, too: one that is off is a warning.
    pub fn with(&mut self, rules: impl IntoIterator<Item = &'static Rule>) {
        for rule in rules {
            let off = self.levels.of(rule).unwrap_or(rule.level) == Level::Off;
            if off {
                self.levels.rules.insert(rule.code, Level::Warn);
            }
        }
    }

    /// Whether a rule may report something somewhere.
    pub(crate) fn may_report(&self, rule: &Rule) -> bool {
        if !self.selects(rule) {
            return false;
        }
        let here = self.levels.of(rule).unwrap_or(rule.level);
        let elsewhere = self.places.iter().filter_map(|place| place.levels.of(rule));
        elsewhere.chain([here]).any(|level| level > Level::Off)
    }

    /// Whether a rule is one of those that are run.
    pub(crate) fn selects(&self, rule: &Rule) -> bool {
        self.only.is_empty() || self.only.contains(&rule.code)
    }

    /// How bad a finding of a rule is in a text of this name.
    pub(crate) fn level(&self, rule: &Rule, file: &str) -> Level {
        let file = self.seen.get(file).map_or(file, String::as_str);
        let mut places = self.places.iter().rev();
        places
            .find_map(|place| {
                let level = place.levels.of(rule)?;
                place.files.is_match(file).then_some(level)
            })
            .or_else(|| self.levels.of(rule))
            .unwrap_or(rule.level)
    }

    pub(crate) fn words(&self, kind: Kind) -> Words<'_> {
        match self.words.get(&kind) {
            Some(words) => Words::Set(words),
            None => Words::Standard(kind.words()),
        }
    }

    pub(crate) fn duration(&self, rule: &Rule, name: &str) -> Duration {
        match self.value(rule, name) {
            Some(Set::Duration(duration)) => duration,
            _ => Duration(i64::MAX),
        }
    }

    pub(crate) fn count(&self, rule: &Rule, name: &str) -> u64 {
        match self.value(rule, name) {
            Some(Set::Count(count)) => count,
            _ => u64::MAX,
        }
    }

    pub(crate) fn texts(&self, rule: &Rule, name: &str) -> Vec<String> {
        match self.value(rule, name) {
            Some(Set::Words(words)) => words,
            _ => Vec::new(),
        }
    }

    fn value(&self, rule: &Rule, name: &str) -> Option<Set> {
        let parameter = rule.parameters.iter().find(|own| own.name == name)?;
        let set = self.parameters.get(&(rule.code, parameter.name));
        set.cloned().or_else(|| Set::standard(&parameter.default))
    }
}

/// The words of a kind of actions.
#[derive(Clone, Copy)]
pub(crate) enum Words<'c> {
    Standard(&'static [&'static str]),
    Set(&'c [String]),
}

impl Words<'_> {
    pub(crate) fn any(&self, mut fits: impl FnMut(&str) -> bool) -> bool {
        match self {
            Self::Standard(words) => words.iter().any(|word| fits(word)),
            Self::Set(words) => words.iter().any(|word| fits(word)),
        }
    }
}

impl Set {
    fn standard(default: &Standard) -> Option<Self> {
        Some(match default {
            Standard::Duration(text) => Self::Duration(Duration::parse(text)?),
            Standard::Count(count) => Self::Count(*count),
            Standard::Words(words) => {
                Self::Words(words.iter().map(|word| (*word).to_owned()).collect())
            }
        })
    }
}
