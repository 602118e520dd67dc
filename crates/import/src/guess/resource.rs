//! To what a call does it: templates from the parameters that name something.

use crate::guess::Verb;
use crate::guess::role::{Role, named, role};
use crate::guess::words::{kebab, singular};
use crate::ty::{Field, Type};

/// The most parameters that one template nests.
const MOST: usize = 4;

/// The templates of a tool, and what of it a person must decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Guessed {
    pub(crate) templates: Vec<String>,
    pub(crate) doubt: Option<String>,
}

/// A parameter that goes into templates.
struct Part<'a> {
    field: &'a Field,
    role: Role,
    /// It is a list: each of its members makes a resource.
    each: bool,
}

/// Guesses the resources of a call. Parameters that become holes are typed so that they can.
///
/// A tool whose argument chooses what it does (`chosen`) names what is there already by a
/// parameter that is optional, since what is made has no name yet: a call that changes something
/// and leaves it out is about nothing, and refused.
pub(crate) fn templates(
    words: &[String],
    verb: Verb,
    chosen: bool,
    fields: &mut [Field],
) -> Guessed {
    let noun = noun(words);
    let parts: Vec<(usize, Role)> = fields
        .iter()
        .enumerate()
        .filter_map(|(at, field)| {
            let role = role(field, verb, words).or_else(|| {
                let changes = chosen && !matches!(verb, Verb::Read | Verb::Create);
                let named = Field {
                    optional: false,
                    ..field.clone()
                };
                let own = |role: &Role| matches!(role, Role::Thing(kind) if kind.is_empty() || *kind == noun);
                changes.then(|| role(&named, verb, words)).flatten().filter(own)
            });
            Some((at, role?))
        })
        .collect();
    for (at, role) in &parts {
        // A number that names something is whole: only an `int` makes a segment.
        if let (Some(field), Role::Thing(_)) = (fields.get_mut(*at), role) {
            whole(&mut field.ty);
        }
    }
    let parts: Vec<Part> = parts
        .into_iter()
        .filter_map(|(at, role)| {
            let field = fields.get(at)?;
            let each = matches!(field.ty, Type::List(_));
            Some(Part { field, role, each })
        })
        .collect();
    let templates = compose(&noun, &parts);
    // What is read or made by a kind is told by its kind.
    let told = matches!(verb, Verb::Read | Verb::Create);
    let doubt = (!told && !templates.iter().any(|one| one.contains('{'))).then(|| {
        let one = templates.first().map_or("", String::as_str);
        format!("no parameter says to what it does this: every call is about `{one}`")
    });
    Guessed { templates, doubt }
}

fn whole(ty: &mut Type) {
    match ty {
        Type::Decimal => *ty = Type::Int,
        Type::List(inner) if **inner == Type::Decimal => **inner = Type::Int,
        _ => {}
    }
}

/// What the tool is about, by its name: what is left without verbs and what follows `by`.
fn noun(words: &[String]) -> String {
    const STOPS: &[&str] = &[
        "by", "for", "from", "in", "into", "of", "on", "to", "using", "with",
    ];
    const FILLERS: &[&str] = &[
        "a", "all", "an", "and", "api", "batch", "bulk", "current", "latest", "many", "my",
        "multiple", "new", "or", "single", "the",
    ];
    let kept: Vec<String> = words
        .iter()
        .take_while(|word| !STOPS.contains(&word.as_str()))
        .filter(|word| !FILLERS.contains(&word.as_str()))
        .cloned()
        .collect();
    let strong = kept.iter().any(|word| super::is_verb(word));
    let mut things: Vec<String> = kept
        .iter()
        .enumerate()
        .filter(|(at, word)| {
            // `post_message`, but not `label_write`.
            let weak = *at == 0 && kept.len() > 1 && !strong;
            let verb = weak && super::verb_of(std::slice::from_ref(*word)).is_some();
            !verb && !super::is_verb(word)
        })
        .map(|(_, word)| word.clone())
        .collect();
    if things.is_empty() {
        // `post_comment`: what is a verb elsewhere is the thing here.
        things.extend(kept.iter().skip(1).take(1).cloned());
    }
    things.truncate(3);
    if let Some(last) = things.last_mut() {
        *last = singular(last);
    }
    named(&kebab(&things))
}

fn compose(noun: &str, parts: &[Part]) -> Vec<String> {
    let (chain, others) = chain(noun, parts);
    let prefix = chain.join("/");
    let below = |rest: &str| match prefix.is_empty() {
        true => rest.to_owned(),
        false => format!("{prefix}/{rest}"),
    };
    let mut templates = Vec::new();
    let mut named = !chain.is_empty();
    for part in parts.iter().filter(|part| part.role == Role::Path) {
        templates.push(below(&format!("file/{}", hole(part, "path"))));
    }
    if templates.is_empty() {
        templates.extend(chain_template(noun, parts, &chain));
    }
    templates.extend(others);
    for part in parts {
        match part.role {
            Role::Url => templates.push(hole(part, "url")),
            Role::Email => templates.push(hole(part, "email")),
            _ => continue,
        }
        named |= !part.field.may_be_absent();
    }
    let sure = named || parts.iter().any(|part| part.role == Role::Path);
    if !sure {
        // Something must be there whatever is left out.
        let literal = if noun.is_empty() { "resource" } else { noun };
        templates.insert(0, literal.to_owned());
    }
    let mut seen = Vec::new();
    templates.retain(|one| {
        let new = !seen.contains(one);
        seen.push(one.clone());
        new
    });
    templates
}

/// The things that parameters name, one in another, and those of a kind that is there already
/// or that come in lists, as templates of their own.
fn chain(noun: &str, parts: &[Part]) -> (Vec<String>, Vec<String>) {
    let of = |part: &Part| match &part.role {
        Role::Thing(kind) if kind.is_empty() => Some(match noun.is_empty() {
            true => "resource".to_owned(),
            false => noun.to_owned(),
        }),
        Role::Thing(kind) => Some(kind.clone()),
        _ => None,
    };
    let mut things: Vec<(String, &Part)> = parts
        .iter()
        .filter_map(|part| Some((of(part)?, part)))
        .collect();
    // `repo/{owner}/{repo}`: a repository is named by both.
    let owner = things
        .iter()
        .position(|(kind, _)| matches!(kind.as_str(), "owner" | "org"));
    let repo = things.iter().position(|(kind, _)| kind == "repo");
    let mut chain: Vec<String> = Vec::new();
    let mut kinds: Vec<String> = Vec::new();
    if let (Some(owner), Some(repo)) = (owner, repo) {
        let pair: Vec<String> = [owner, repo]
            .iter()
            .filter_map(|at| things.get(*at))
            .map(|(_, part)| hole(part, ""))
            .collect();
        if !pair.iter().any(|hole| hole.contains("each ")) {
            chain.push(format!("repo/{}", pair.join("/")));
            kinds.push("repo".into());
            let mut at = 0;
            things.retain(|_| {
                at += 1;
                at - 1 != owner && at - 1 != repo
            });
        }
    }
    // What the tool is about is the innermost, and lists make resources one by one.
    things.sort_by_key(|(kind, part)| (part.each, kind == noun));
    let mut others = Vec::new();
    for (kind, part) in things {
        let one = format!("{kind}/{}", hole(part, ""));
        let listed = part.each && chain.iter().any(|known| known.contains("{each "));
        if kinds.contains(&kind) || listed {
            // Beside the other one, in what contains both.
            let around = chain
                .get(..chain.len().saturating_sub(1))
                .unwrap_or_default();
            let mut beside = around.to_vec();
            beside.push(one);
            others.push(beside.join("/"));
        } else if chain.len() < MOST {
            kinds.push(kind);
            chain.push(one);
        }
    }
    (chain, others)
}

/// The template of the chain: with what the tool is about at its end, if no parameter names it.
fn chain_template(noun: &str, parts: &[Part], chain: &[String]) -> Option<String> {
    let last = chain.last()?;
    let mut template = chain.join("/");
    let about: Vec<&str> = noun.split('-').collect();
    // `update_project_settings(project_id)` is about the settings of the project.
    let kinds: Vec<&str> = chain
        .iter()
        .flat_map(|one| one.split('/'))
        .filter(|one| !one.starts_with('{'))
        .flat_map(|one| one.split('-'))
        .collect();
    let rest: Vec<&str> = about
        .into_iter()
        .filter(|word| !word.is_empty())
        .filter(|word| !kinds.iter().any(|kind| same(kind, &singular(word))))
        .collect();
    let named = parts
        .iter()
        .any(|part| matches!(&part.role, Role::Thing(kind) if kind.is_empty()));
    if !rest.is_empty() && !named && !last.contains("{each ") {
        template = format!("{template}/{}", rest.join("-"));
    }
    Some(template)
}

/// Whether two words mean the same kind of thing.
fn same(one: &str, other: &str) -> bool {
    const ALIKE: &[&[&str]] = &[
        &["repo", "repository"],
        &["org", "organization"],
        &["doc", "document"],
        &["mail", "message", "email"],
        &["pull", "request"],
        &["mr", "merge", "request"],
    ];
    one == other
        || ALIKE
            .iter()
            .any(|words| words.contains(&one) && words.contains(&other))
}

fn hole(part: &Part, extractor: &str) -> String {
    let each = if part.each { "each " } else { "" };
    match extractor {
        "" => format!("{{{each}{}}}", part.field.name),
        extractor => format!("{{{each}{extractor}({})}}", part.field.name),
    }
}
