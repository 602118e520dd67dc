//! The tools of a server as a tool block, formatted.

use std::collections::BTreeSet;

use placet_model::text::check_id;
use placet_syntax::limits::FILE_BYTES;
use placet_syntax::{FileId, Source, format, parse, quoted as string};
use smol_str::SmolStr;

use crate::clean::{cut, one_line, quoted};
use crate::guess::kebab;
use crate::guess::{Verb, split};
use crate::listing::{Listing, Refused};
use crate::tool::{Function, LeftOut, Names, mark};
use crate::ty::word;

/// How a mark begins that says what a person must decide.
pub const MARK: &str = "TODO(placet)";

/// What is not in the list itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The path of the tool, as rules and calls name it; made of the server's name when absent.
    pub tool: Option<SmolStr>,
    /// What the server is called when the list does not say, such as the name of its file.
    pub otherwise: SmolStr,
}

/// A tool block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The text of a policy file, formatted.
    pub text: String,
    /// The path of the tool.
    pub tool: SmolStr,
    /// How many functions it declares.
    pub functions: usize,
    /// How many marks say what a person must decide.
    pub marks: usize,
    /// Tools that it does not declare.
    pub left_out: Vec<LeftOut>,
}

/// Writes the tool block of a list.
///
/// # Errors
///
/// When the tool cannot be called as the options say, or the block is longer than a policy
/// file may be.
pub fn block(listing: &Listing, options: &Options) -> Result<Block, Refused> {
    let server = listing.server.name.as_ref().unwrap_or(&options.otherwise);
    let tool = match &options.tool {
        Some(path) => path.clone(),
        None => tool_name(server),
    };
    check_path(&tool)?;
    let names = Names::of(listing);
    let mut functions = Vec::new();
    let mut left_out = Vec::new();
    let mut bytes = 0;
    for tool in &listing.tools {
        match Function::of(tool, &names) {
            Ok(function) => {
                // References can make much of little: what is too long is not made.
                bytes += function.declaration().len();
                if bytes > FILE_BYTES {
                    return Err(too_long(&tool.pointer));
                }
                functions.push(function);
            }
            Err(why) => left_out.push(why),
        }
    }
    if functions.is_empty() {
        let (pointer, message) = match left_out.first() {
            Some(one) => (
                one.pointer.clone(),
                format!("no tool can be declared: {}", one.why),
            ),
            None => (String::new(), "the list holds no tools".to_owned()),
        };
        return Err(Refused::new(
            pointer,
            message,
            "a server without tools needs no policy",
        ));
    }
    let raw = raw(listing, server, &tool, &functions, &left_out);
    let text = formatted(&raw)?;
    let marks = functions
        .iter()
        .map(|function| function.doubts.len())
        .sum::<usize>();
    Ok(Block {
        text,
        tool,
        functions: functions.len(),
        marks: marks + left_out.len(),
        left_out,
    })
}

/// The path of the tool that a server becomes: the words of its name, without those that all
/// servers have.
#[must_use]
pub fn tool_name(server: &str) -> SmolStr {
    let mut words = split(&one_line(server));
    words.retain(|word| !matches!(word.as_str(), "mcp" | "server" | "servers"));
    words.dedup();
    let name = kebab(&words);
    match name.as_str() {
        "" => "mcp".into(),
        "any" | "none" => SmolStr::from(format!("{name}-server")),
        name => name.into(),
    }
}

fn check_path(path: &str) -> Result<(), Refused> {
    let bad = |why: String| {
        Refused::new(
            "",
            format!("no tool can be called {}: {why}", quoted(path)),
            "give it a name with `--server`, like `--server github`",
        )
    };
    for part in path.split('.') {
        check_id(part).map_err(|why| bad(why.to_string()))?;
        if matches!(part, "any" | "none") {
            return Err(bad(format!("rules read `{part}` otherwise")));
        }
    }
    Ok(())
}

fn raw(
    listing: &Listing,
    server: &str,
    tool: &str,
    functions: &[Function],
    left_out: &[LeftOut],
) -> String {
    let mut lines = Vec::new();
    let version = listing.server.version.as_deref().unwrap_or_default();
    let version = cut(version, 40);
    let who = format!("{} {version}", quoted(server));
    lines.extend(
        mark("The MCP server", &format!("{}, imported.", who.trim()))
            .into_iter()
            .map(|line| line.replacen("The MCP server: ", "The MCP server ", 1)),
    );
    lines.push("// Names, types, descriptions and claims are its own word, which nobody verified; actions and".into());
    lines.push(format!(
        "// resources are guesses. `{MARK}` marks what a person must decide."
    ));
    for one in left_out {
        lines.extend(mark(MARK, &format!("{one} is left out: {}", one.why)));
    }
    lines.push(String::new());
    lines.push(format!("@mcp({})", string(server)));
    let scopes: BTreeSet<&SmolStr> = listing
        .tools
        .iter()
        .flat_map(|tool| &tool.oauth.required)
        .collect();
    if !scopes.is_empty() {
        let scopes: Vec<String> = scopes.into_iter().map(|scope| string(scope)).collect();
        lines.push(format!("@oauth-scopes({})", scopes.join(", ")));
    }
    let path: Vec<String> = tool.split('.').map(word).collect();
    lines.push(format!("tool {} {{", path.join(".")));
    for verb in Verb::ALL {
        let of_verb = functions
            .iter()
            .filter_map(|function| match function.lines.as_slice() {
                [line] if line.when.is_none() && line.verb == verb => Some((function, line)),
                _ => None,
            });
        let of_verb: Vec<_> = of_verb.collect();
        if of_verb.is_empty() {
            continue;
        }
        lines.push(format!("action {} {{", verb.name()));
        for (function, line) in of_verb {
            lines.extend(function.comments(MARK));
            lines.push(function.mapped(line));
        }
        lines.push("}".into());
    }
    for function in functions.iter().filter(|function| function.lines.len() > 1) {
        lines.extend(function.comments(MARK));
        lines.push(function.function());
    }
    lines.push("}".into());
    lines.join("\n") + "\n"
}

fn formatted(raw: &str) -> Result<String, Refused> {
    let source = Source::new("imported.placet", raw);
    let parsed = parse(FileId(0), &source);
    let text = format(&parsed).ok_or_else(|| {
        let why = parsed
            .diagnostics
            .first()
            .map_or("", |one| one.message.as_str());
        Refused::new("", format!("what was written does not parse: {why}"), "")
    })?;
    match text.len() > FILE_BYTES {
        true => Err(too_long("")),
        false => Ok(text),
    }
}

fn too_long(pointer: &str) -> Refused {
    Refused::new(
        pointer,
        format!("the tool block would be longer than a policy file may be, {FILE_BYTES} bytes"),
        "split the list in two, and import each under a name of its own",
    )
}
