//! From the text of a `placet.toml` to a configuration.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use globset::{Glob, GlobBuilder, GlobSet};
use placet_model::value::Duration;
use placet_model::wire::closest;
use placet_syntax::{LineColumn, Lines};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Config, Levels, Place, Set};
use crate::descriptor::{Category, Default as Standard, Level, Rule};
use crate::rules;
use crate::words::Kind;

/// Why a configuration cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Where.
    pub place: LineColumn,
    /// What is wrong there.
    pub what: String,
    /// What may have been meant.
    pub help: Option<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: {}",
            self.place.line, self.place.column, self.what
        )
    }
}

impl std::error::Error for ConfigError {}

/// What is wrong, before lines are counted.
struct Wrong {
    at: Range<usize>,
    what: String,
    help: Option<String>,
}

type Read<T> = Result<T, Wrong>;
type Table<'t> = DeTable<'t>;
type Value<'t> = Spanned<DeValue<'t>>;

pub(super) fn read(text: &str) -> Result<Config, ConfigError> {
    let table = DeTable::parse(text).map_err(|error| Wrong {
        at: error.span().unwrap_or_default(),
        what: error.message().to_lowercase(),
        help: None,
    });
    let config = table.and_then(|table| file(table.get_ref()));
    config.map_err(|wrong| {
        let at = u32::try_from(wrong.at.start).unwrap_or(u32::MAX);
        ConfigError {
            place: Lines::new(text).line_column(text, at),
            what: wrong.what,
            help: wrong.help,
        }
    })
}

fn file(table: &Table<'_>) -> Read<Config> {
    let mut config = Config::default();
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "lint" => lint(&mut config, as_table(value, "lint")?)?,
            name => return Err(unknown(key.span(), name, "in this file", ["lint"])),
        }
    }
    Ok(config)
}

fn lint(config: &mut Config, table: &Table<'_>) -> Read<()> {
    let mut set = BTreeSet::new();
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        match name {
            "levels" => config.levels = levels(as_table(value, name)?)?,
            "words" => words(config, as_table(value, name)?)?,
            "paths" => {
                for place in as_array(value, name)? {
                    config.places.push(self::place(place)?);
                }
            }
            _ => match rules::by_name(name) {
                Some(rule) if !set.insert(rule.code) => return Err(twice(key.span(), rule)),
                Some(rule) => parameters(config, rule, as_table(value, name)?)?,
                None => {
                    let with = rules::ALL.iter().filter(|rule| !rule.parameters.is_empty());
                    let known = ["levels", "words", "paths"];
                    let known = known.into_iter().chain(with.map(|rule| rule.name));
                    return Err(unknown(key.span(), name, "in `lint`", known));
                }
            },
        }
    }
    Ok(())
}

/// `any-tool = "error"`, `hygiene = "off"`, `PL1001 = "note"`.
fn levels(table: &Table<'_>) -> Read<Levels> {
    let mut levels = Levels::default();
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        let level = level(value)?;
        let mut categories = Category::ALL.into_iter();
        if let Some(category) = categories.find(|category| category.name() == name) {
            levels.categories.insert(category, level);
        } else if let Some(rule) = rules::by_name(name) {
            // A name and a code are one rule: which of them would hold, nobody could tell.
            if levels.rules.insert(rule.code, level).is_some() {
                return Err(twice(key.span(), rule));
            }
        } else {
            let rules = rules::ALL
                .iter()
                .flat_map(|rule| [rule.name, rule.code.as_str()]);
            let known = rules.chain(Category::ALL.iter().map(|category| category.name()));
            return Err(unknown(key.span(), name, "a rule or category", known));
        }
    }
    Ok(levels)
}

fn level(value: &Value<'_>) -> Read<Level> {
    let text = as_text(value, "a level")?;
    let mut levels = Level::ALL.into_iter();
    levels.find(|level| level.name() == text).ok_or_else(|| {
        unknown(
            value.span(),
            text,
            "a level",
            Level::ALL.iter().map(|level| level.name()),
        )
    })
}

fn words(config: &mut Config, table: &Table<'_>) -> Read<()> {
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        let mut kinds = Kind::ALL.into_iter();
        let Some(kind) = kinds.find(|kind| kind.name() == name) else {
            let known = Kind::ALL.iter().map(|kind| kind.name());
            return Err(unknown(key.span(), name, "a kind of actions", known));
        };
        config.words.insert(kind, texts(value, name)?);
    }
    Ok(())
}

fn parameters(config: &mut Config, rule: &'static Rule, table: &Table<'_>) -> Read<()> {
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        let mut known = rule.parameters.iter();
        let Some(parameter) = known.find(|parameter| parameter.name == name) else {
            let known = rule.parameters.iter().map(|parameter| parameter.name);
            let whose = format!("a parameter of `{}`", rule.name);
            return Err(unknown(key.span(), name, &whose, known));
        };
        let set = match parameter.default {
            Standard::Duration(default) => {
                let text = as_text(value, name)?;
                let duration = Duration::parse(text).ok_or_else(|| Wrong {
                    at: value.span(),
                    what: format!("`{text}` is no length of time"),
                    help: Some(format!("write it as in a policy: \"{default}\"")),
                })?;
                Set::Duration(duration)
            }
            Standard::Count(_) => Set::Count(as_count(value, name)?),
            Standard::Words(_) => Set::Words(texts(value, name)?),
        };
        config.parameters.insert((rule.code, parameter.name), set);
    }
    Ok(())
}

/// `[[lint.paths]]` with `files` and `levels`.
fn place(value: &Value<'_>) -> Read<Place> {
    let table = as_table(value, "paths")?;
    let mut files = GlobSet::builder();
    let mut wanted = 0;
    let mut own = Levels::default();
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        match name {
            "files" => {
                for file in as_array(value, name)? {
                    files.add(glob(file)?);
                    wanted += 1;
                }
            }
            "levels" => own = levels(as_table(value, name)?)?,
            _ => {
                let known = ["files", "levels"];
                return Err(unknown(key.span(), name, "in `lint.paths`", known));
            }
        }
    }
    if wanted == 0 {
        return Err(Wrong {
            at: value.span(),
            what: "it does not say for which files".to_owned(),
            help: Some("add `files = [\"legacy/**\"]`".to_owned()),
        });
    }
    let files = files.build().map_err(|error| Wrong {
        at: value.span(),
        what: format!("its patterns of files cannot be used: {}", error.kind()),
        help: None,
    })?;
    Ok(Place { files, levels: own })
}

fn glob(value: &Value<'_>) -> Read<Glob> {
    let text = as_text(value, "files")?;
    let mut parts = text.split('/');
    if parts.any(|part| matches!(part, "" | "." | "..")) {
        return Err(Wrong {
            at: value.span(),
            what: format!("`{text}` matches no file"),
            help: Some(
                "patterns count from the folder of this file and go down: `legacy/**`".to_owned(),
            ),
        });
    }
    let built = GlobBuilder::new(text).literal_separator(true).build();
    built.map_err(|error| Wrong {
        at: value.span(),
        what: format!("`{text}` is no pattern of files: {}", error.kind()),
        help: None,
    })
}

fn twice(at: Range<usize>, rule: &Rule) -> Wrong {
    Wrong {
        at,
        what: format!("`{}` is set twice", rule.name),
        help: Some(format!("its code is `{}`: keep one of the two", rule.code)),
    }
}

fn texts(value: &Value<'_>, name: &str) -> Read<Vec<String>> {
    let list = as_array(value, name)?.iter();
    list.map(|text| as_text(text, name).map(str::to_owned))
        .collect()
}

fn as_table<'v, 't>(value: &'v Value<'t>, name: &str) -> Read<&'v Table<'t>> {
    match value.get_ref() {
        DeValue::Table(table) => Ok(table),
        other => Err(wanted(value, name, "a table", other)),
    }
}

fn as_array<'v, 't>(value: &'v Value<'t>, name: &str) -> Read<&'v [Value<'t>]> {
    match value.get_ref() {
        DeValue::Array(list) => Ok(list),
        other => Err(wanted(value, name, "a list", other)),
    }
}

fn as_text<'v>(value: &'v Value<'_>, name: &str) -> Read<&'v str> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text),
        other => Err(wanted(value, name, "a string", other)),
    }
}

fn as_count(value: &Value<'_>, name: &str) -> Read<u64> {
    let count = match value.get_ref() {
        DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
        _ => None,
    };
    count.ok_or_else(|| {
        wanted(
            value,
            name,
            "a number that is not negative",
            value.get_ref(),
        )
    })
}

fn wanted(value: &Value<'_>, name: &str, what: &str, found: &DeValue<'_>) -> Wrong {
    Wrong {
        at: value.span(),
        what: format!(
            "{what} is wanted for `{name}`, not a value of type {}",
            found.type_str()
        ),
        help: None,
    }
}

fn unknown<'k>(
    at: Range<usize>,
    name: &str,
    what: &str,
    known: impl IntoIterator<Item = &'k str>,
) -> Wrong {
    let known: Vec<&str> = known.into_iter().collect();
    let help = match closest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.len() > 12 => "`placet explain-code` lists all rules".to_owned(),
        None if known.is_empty() => "it has none".to_owned(),
        None => {
            let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
            format!("known: {}", known.join(", "))
        }
    };
    Wrong {
        at,
        what: match what.strip_prefix("in ") {
            Some(place) => format!("unknown key `{name}` in {place}"),
            None => format!("`{name}` is not {what}"),
        },
        help: Some(help),
    }
}
