//! A tool of a server as a function of the language.

use std::collections::BTreeMap;
use std::fmt;

use placet_syntax::quoted as string;
use smol_str::SmolStr;

use crate::clean::{brief, cut, name_problem, one_line, quoted, wrap};
use crate::guess::{
    Choice, Verb, choices, guess, of_tool, shared_prefix, split, templates, verb_of,
};
use crate::listing::{Listing, Tool};
use crate::schema::params;
use crate::ty::{Field, fields_text, word};

/// The most characters of a description that are kept.
const MOST: usize = 280;
/// The width of doc comments and of marks.
const WIDTH: usize = 92;

/// A function, as it is guessed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name, which is the tool's.
    pub name: SmolStr,
    /// The lines of its doc comment; the last one keeps what the server claims.
    pub docs: Vec<String>,
    /// What a person must decide.
    pub doubts: Vec<String>,
    /// Its parameters.
    pub fields: Vec<Field>,
    /// What a call does: an action, when it does that, and the templates of its resources.
    pub(crate) lines: Vec<Line>,
}

/// One line of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) verb: Verb,
    pub(crate) when: Option<String>,
    pub(crate) templates: Vec<String>,
}

/// A tool that no policy can declare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its name, as it came.
    pub name: SmolStr,
    /// Where it stands in the document.
    pub pointer: String,
    /// Why, in lower case without a full stop.
    pub why: String,
}

impl fmt::Display for LeftOut {
    /// Its name on one line, between back quotes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&quoted(&self.name))
    }
}

/// What the names of a server's tools have in common, and which look like others.
pub(crate) struct Names<'a> {
    prefix: Option<String>,
    /// Names that differ in case alone, by their lower case.
    twins: BTreeMap<String, Vec<&'a str>>,
    all: Vec<&'a str>,
}

impl<'a> Names<'a> {
    pub(crate) fn of(listing: &'a Listing) -> Self {
        let all: Vec<&str> = listing
            .tools
            .iter()
            .map(|tool| tool.name.as_str())
            .collect();
        let mut twins: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for name in &all {
            twins.entry(name.to_lowercase()).or_default().push(name);
        }
        twins.retain(|_, names| names.len() > 1);
        let mut sorted = all.clone();
        sorted.sort_unstable();
        Self {
            prefix: shared_prefix(all.iter().copied()),
            twins,
            all: sorted,
        }
    }

    /// A tool whose name is the beginning of another's, up to a dot.
    fn above(&self, name: &str) -> Option<&'a str> {
        name.match_indices('.').find_map(|(dot, _)| {
            let before = name.get(..dot)?;
            let at = self.all.binary_search(&before).ok()?;
            self.all.get(at).copied()
        })
    }

    fn twin(&self, name: &str) -> Option<&'a str> {
        let twins = self.twins.get(&name.to_lowercase())?;
        twins.iter().copied().find(|other| *other != name)
    }
}

impl Function {
    /// A tool as a function.
    ///
    /// # Errors
    ///
    /// When no policy can declare it.
    pub(crate) fn of(tool: &Tool, names: &Names) -> Result<Self, LeftOut> {
        let left_out = |why: String| LeftOut {
            name: tool.name.clone(),
            pointer: tool.pointer.clone(),
            why,
        };
        if let Some(why) = name_problem(&tool.name) {
            return Err(left_out(format!("its name {why}")));
        }
        if tool.name.split('.').any(str::is_empty) {
            return Err(left_out("a part of its dotted name is empty".into()));
        }
        if let Some(above) = names.above(&tool.name) {
            return Err(left_out(format!(
                "it would stand below {}, which is a function",
                quoted(above)
            )));
        }
        let params = params(&tool.schema).map_err(left_out)?;
        let mut fields = params.fields;
        let mut words = of_tool(&tool.name);
        if words.len() > 1 && words.first() == names.prefix.as_ref() {
            words.remove(0);
        }
        let guessed = guess(&words, &tool.description, tool.claims, &fields);
        let mut doubts = Vec::new();
        doubts.extend(name_doubt(tool, names));
        let mut lines = Vec::new();
        let mut vague = None;
        let mut line = |verb, when: Option<String>, fields: &mut [Field]| {
            let to = templates(&words, verb, when.is_some(), fields);
            vague = vague.take().or(to.doubt);
            lines.push(Line {
                verb,
                when,
                templates: to.templates,
            });
        };
        match choices(&fields, guessed.verb) {
            Some(Choice::Members(param, verbs)) => {
                // A member that says nothing means what the name does.
                let silent = |member: &String| verb_of(&split(member)).is_none();
                if verbs.iter().flat_map(|(_, members)| members).any(silent) {
                    doubts.extend(guessed.doubt);
                }
                for (verb, members) in verbs {
                    line(verb, Some(chosen(&param, &members)), &mut fields);
                }
            }
            Some(Choice::Worse(param, verb)) => {
                doubts.extend(guessed.doubt);
                doubts.push(format!("`{param}` may choose `{}`", verb.name()));
                line(verb, None, &mut fields);
            }
            Some(Choice::Perhaps(param, verb)) => {
                doubts.extend(guessed.doubt);
                doubts.push(format!("`{param}` may choose `{}`", verb.name()));
                line(guessed.verb, None, &mut fields);
            }
            other => {
                doubts.extend(guessed.doubt);
                if let Some(Choice::AnyText(param)) = other {
                    doubts.push(format!(
                        "`{param}` may choose what it does, and any text is one: split it by \
                         `when args.{param} == …`"
                    ));
                }
                line(guessed.verb, None, &mut fields);
            }
        }
        doubts.extend(vague);
        doubts.extend(opaque(&params.opaque));
        doubts.extend(unread(&params.unread));
        if params.open {
            doubts.push(
                "the server takes other arguments, too, and calls with one are refused: `...` \
                 would let them through unseen"
                    .into(),
            );
        }
        Ok(Self {
            name: tool.name.clone(),
            docs: docs(tool),
            doubts,
            fields,
            lines,
        })
    }

    /// As it stands in a policy, on one line, with the action around it.
    #[must_use]
    pub fn declaration(&self) -> String {
        match self.lines.as_slice() {
            [one] if one.when.is_none() => {
                format!("action {} {{ {} }}", one.verb.name(), self.mapped(one))
            }
            _ => self.function(),
        }
    }

    /// The line of a function that always does one action.
    pub(crate) fn mapped(&self, line: &Line) -> String {
        format!("{} -> {}", self.signature(), strings(&line.templates))
    }

    /// A function whose arguments choose the action.
    pub(crate) fn function(&self) -> String {
        let lines: Vec<String> = self
            .lines
            .iter()
            .map(|line| {
                let when = line
                    .when
                    .as_ref()
                    .map_or_else(String::new, |when| format!(" when {when}"));
                format!("{}{when} -> {}", line.verb.name(), strings(&line.templates))
            })
            .collect();
        format!("function {} {{ {} }}", self.signature(), lines.join("\n"))
    }

    fn signature(&self) -> String {
        format!("{}({})", word(&self.name), fields_text(&self.fields))
    }

    /// Doc comment and marks, line by line.
    pub(crate) fn comments(&self, todo: &str) -> Vec<String> {
        let docs = self.docs.iter().map(|line| format!("/// {line}"));
        let doubts = self.doubts.iter().flat_map(|doubt| mark(todo, doubt));
        docs.chain(doubts).collect()
    }
}

/// A mark as comments: the first line begins with it, the others go on.
pub(crate) fn mark(todo: &str, text: &str) -> Vec<String> {
    let lines = wrap(&format!("{todo}: {}", one_line(text)), WIDTH);
    lines.into_iter().map(|line| format!("// {line}")).collect()
}

fn chosen(param: &str, members: &[String]) -> String {
    match members {
        [one] => format!("args.{param} == {}", string(one)),
        several => {
            let several: Vec<String> = several.iter().map(|one| string(one)).collect();
            format!("args.{param} in [{}]", several.join(", "))
        }
    }
}

fn strings(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| string(text)).collect();
    texts.join(", ")
}

fn docs(tool: &Tool) -> Vec<String> {
    // Nothing in a description reads like the line that keeps the claims.
    let said = brief(&tool.description, 2 * MOST).replace("server claims", "server says");
    let said = cut(&said, MOST);
    let mut docs = wrap(&said, WIDTH);
    docs.push(tool.claims.meaning().line());
    docs
}

fn name_doubt(tool: &Tool, names: &Names) -> Option<String> {
    if let Some(twin) = names.twin(&tool.name) {
        return Some(format!(
            "its name differs from {} in case alone",
            quoted(twin)
        ));
    }
    let letters = tool.name.chars().find(|c| !c.is_ascii())?;
    Some(format!(
        "its name holds U+{:04X}, which may look like another letter",
        u32::from(letters)
    ))
}

/// The most names that a mark lists.
const SHOWN: usize = 6;

fn unread(parts: &[String]) -> Option<String> {
    let shown = parts.get(..parts.len().min(SHOWN)).unwrap_or_default();
    (!shown.is_empty()).then(|| {
        format!(
            "its schema says more of its arguments in {}{}: declare what a call may hold",
            shown.join(", "),
            others(parts.len())
        )
    })
}

/// How many names are not shown.
fn others(all: usize) -> String {
    match all.saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    }
}

fn opaque(places: &[String]) -> Option<String> {
    let shown: Vec<String> = places
        .iter()
        .take(SHOWN)
        .map(|place| quoted(place))
        .collect();
    let more = others(places.len());
    match shown.as_slice() {
        [] => None,
        [one] if more.is_empty() => Some(format!(
            "no rule can read {one}, which is of no one type: give it one if it must be read"
        )),
        several => Some(format!(
            "no rule can read {}{more}, which are of no one type: give them one if they must be read",
            several.join(", ")
        )),
    }
}
