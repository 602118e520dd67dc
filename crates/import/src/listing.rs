//! A server's `tools/list`, in the shapes in which it is kept: bare, as a JSON-RPC response,
//! as an array of tools or of pages, or together with what `initialize` answered.

use std::collections::BTreeSet;
use std::fmt;

use placet_model::json::Json;
use placet_model::text::MAX_ID_BYTES;
use placet_model::wire::read_json;
use smol_str::SmolStr;

use crate::claims::Claims;
use crate::clean::{one_line, quoted};

/// The most tools of one server.
pub const MAX_TOOLS: usize = 10_000;

/// A server with its tools, as it describes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The server.
    pub server: Server,
    /// Its tools, in its order; each name once.
    pub tools: Vec<Tool>,
}

/// Who a server says that it is. Texts are cleaned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Server {
    /// Its name, if the document tells it.
    pub name: Option<SmolStr>,
    /// Its version.
    pub version: Option<SmolStr>,
}

/// A tool, as it is described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    /// Its name, as it came.
    pub name: SmolStr,
    /// Its description, as it came.
    pub description: SmolStr,
    /// The schema of its arguments.
    pub schema: Json,
    /// What the server claims of its effects.
    pub claims: Claims,
    /// What a request to the service behind it needs.
    pub oauth: Oauth,
    /// Where it stands in the document, as a JSON pointer.
    pub pointer: String,
}

/// The OAuth scopes that a tool says its requests need (`_meta.oauth`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Oauth {
    /// The least that is needed.
    pub required: Vec<SmolStr>,
    /// One of `required` is enough, not all.
    pub any: bool,
    /// Scopes that do as well, wider ones too.
    pub accepted: Vec<SmolStr>,
}

/// A document that is not a list of tools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Where, as a JSON pointer; empty for the whole document.
    pub pointer: String,
    /// What is wrong, in lower case without a full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Refused {
    pub(crate) fn new(pointer: impl Into<String>, message: impl Into<String>, help: &str) -> Self {
        Self {
            pointer: pointer.into(),
            message: message.into(),
            help: (!help.is_empty()).then(|| help.to_owned()),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pointer.is_empty() {
            true => f.write_str(&self.message),
            false => write!(f, "{}: {}", self.pointer, self.message),
        }
    }
}

impl std::error::Error for Refused {}

const SHAPES: &str = "a list of tools is `{\"tools\": […]}`, the JSON-RPC response to `tools/list`, \
                      or an array of tools or of such pages";

/// Reads a document.
///
/// # Errors
///
/// What is wrong, and where: not JSON, a duplicate key, too large or too deep, no list of tools,
/// a list that is not whole, a tool without a name or two with the same.
pub fn read(bytes: &[u8]) -> Result<Listing, Refused> {
    let json = match read_json(bytes) {
        Err(not_json) => return Err(Refused::new("", not_json.to_string(), SHAPES)),
        Ok(Err(invalid)) => {
            let help = match invalid.message.starts_with("duplicate key") {
                true => "readers would disagree on which of the two counts: ask for the list again",
                false => "",
            };
            return Err(Refused::new(invalid.pointer, invalid.message, help));
        }
        Ok(Ok(json)) => json,
    };
    let mut listing = Listing {
        server: server(&json),
        tools: Vec::new(),
    };
    match &json {
        Json::Array(members) if members.iter().any(is_page) => {
            for (at, page) in members.iter().enumerate() {
                let more = add_page(&mut listing, page, &format!("/{at}"))?;
                match (more, at + 1 == members.len()) {
                    (Some(pointer), true) => return Err(unfinished(pointer)),
                    (None, false) => {
                        return Err(Refused::new(
                            format!("/{}", at + 1),
                            "a page after the last one, which has no `nextCursor`",
                            "give the pages of one list, in their order",
                        ));
                    }
                    _ => {}
                }
            }
        }
        Json::Array(tools) => add_tools(&mut listing, tools, "")?,
        page => {
            if let Some(pointer) = add_page(&mut listing, page, "")? {
                return Err(unfinished(pointer));
            }
        }
    }
    only_once(&listing)?;
    fits(&listing)?;
    Ok(listing)
}

/// A member of an object.
pub(crate) fn get<'a>(json: &'a Json, name: &str) -> Option<&'a Json> {
    match json {
        Json::Object(fields) => fields
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value),
        _ => None,
    }
}

/// A text of an object.
pub(crate) fn text<'a>(json: &'a Json, name: &str) -> Option<&'a SmolStr> {
    match get(json, name) {
        Some(Json::String(text)) => Some(text),
        _ => None,
    }
}

/// A part of a JSON pointer.
pub(crate) fn escape(key: &str) -> String {
    one_line(key).replace('~', "~0").replace('/', "~1")
}

fn unfinished(pointer: String) -> Refused {
    Refused::new(
        pointer,
        "the list goes on behind this page",
        "ask for the other pages and put all of them into one array",
    )
}

/// Whether a member of an array is a page, and not a tool.
fn is_page(json: &Json) -> bool {
    ["tools", "result", "jsonrpc"]
        .iter()
        .any(|key| get(json, key).is_some())
}

/// Adds the tools of one page; gives the place of a cursor to the next page, if there is one.
fn add_page(listing: &mut Listing, page: &Json, at: &str) -> Result<Option<String>, Refused> {
    if !matches!(page, Json::Object(_)) {
        return Err(Refused::new(at, "no list of tools", SHAPES));
    }
    if let Some(error) = get(page, "error").filter(|error| **error != Json::Null) {
        let said =
            text(error, "message").map_or_else(String::new, |said| format!(": {}", quoted(said)));
        return Err(Refused::new(
            format!("{at}/error"),
            format!("the server answered with an error{said}"),
            "ask for the list again",
        ));
    }
    let outside = at;
    let (body, at) = match get(page, "result") {
        Some(result) => (result, format!("{at}/result")),
        None => (page, at.to_owned()),
    };
    let inside = match get(body, "tools") {
        Some(Json::Array(tools)) => {
            add_tools(listing, tools, &format!("{at}/tools"))?;
            None
        }
        // Some keep the answer to `tools/list` whole, under this name.
        Some(inner @ Json::Object(_))
            if get(inner, "tools").is_some() || get(inner, "result").is_some() =>
        {
            add_page(listing, inner, &format!("{at}/tools"))?
        }
        Some(_) => return Err(Refused::new(format!("{at}/tools"), "not an array", SHAPES)),
        None => return Err(Refused::new(at, "no `tools` here", SHAPES)),
    };
    // Wherever it was put: a list that is taken for whole makes the rest look gone.
    let cursor = |json: &Json, at: &str| {
        let more = get(json, "nextCursor").is_some_and(|cursor| *cursor != Json::Null);
        more.then(|| format!("{at}/nextCursor"))
    };
    Ok(inside
        .or_else(|| cursor(body, &at))
        .or_else(|| cursor(page, outside)))
}

fn add_tools(listing: &mut Listing, tools: &[Json], at: &str) -> Result<(), Refused> {
    if listing.tools.len() + tools.len() > MAX_TOOLS {
        return Err(Refused::new(
            at,
            format!("more than {MAX_TOOLS} tools"),
            "a server with so many cannot be reviewed: ask it for fewer",
        ));
    }
    for (index, tool) in tools.iter().enumerate() {
        listing
            .tools
            .push(read_tool(tool, format!("{at}/{index}"))?);
    }
    Ok(())
}

fn read_tool(tool: &Json, pointer: String) -> Result<Tool, Refused> {
    if !matches!(tool, Json::Object(_)) {
        return Err(Refused::new(pointer, "a tool is an object", SHAPES));
    }
    let name = match get(tool, "name") {
        Some(Json::String(name)) if !name.is_empty() => name.clone(),
        Some(_) => {
            return Err(Refused::new(
                format!("{pointer}/name"),
                "the name of a tool is a text that is not empty",
                "",
            ));
        }
        None => return Err(Refused::new(pointer, "a tool without `name`", SHAPES)),
    };
    let schema = match get(tool, "inputSchema") {
        Some(schema @ Json::Object(_)) => schema.clone(),
        Some(_) => {
            return Err(Refused::new(
                format!("{pointer}/inputSchema"),
                "the schema of arguments is an object",
                "",
            ));
        }
        None => {
            return Err(Refused::new(
                pointer,
                format!("the tool {} has no `inputSchema`", quoted(&name)),
                "tools without arguments say so: `\"inputSchema\": {\"type\": \"object\"}`",
            ));
        }
    };
    Ok(Tool {
        name,
        description: text(tool, "description").cloned().unwrap_or_default(),
        schema,
        claims: Claims::read(get(tool, "annotations")),
        oauth: oauth(tool),
        pointer,
    })
}

fn oauth(tool: &Json) -> Oauth {
    let Some(told) = get(tool, "_meta").and_then(|meta| get(meta, "oauth")) else {
        return Oauth::default();
    };
    let scopes = |name| match get(told, name) {
        Some(Json::Array(members)) => members
            .iter()
            .filter_map(|member| match member {
                Json::String(scope) => Some(SmolStr::from(one_line(scope))),
                _ => None,
            })
            .filter(|scope| !scope.is_empty())
            .collect(),
        _ => Vec::new(),
    };
    Oauth {
        required: scopes("required"),
        any: text(told, "required_mode").is_some_and(|mode| mode == "any of"),
        accepted: scopes("accepted"),
    }
}

/// Who the server says it is: in its answer to `initialize`, or beside the list.
fn server(json: &Json) -> Server {
    let initialize = get(json, "initialize");
    let info = initialize
        .and_then(|answer| get(answer, "result").or(Some(answer)))
        .and_then(|answer| get(answer, "serverInfo"))
        .or_else(|| get(json, "serverInfo"));
    let beside = get(json, "server");
    let said = |from: Option<&Json>, keys: &[&str]| {
        let from = from?;
        let told = keys.iter().filter_map(|key| text(from, key));
        told.map(|told| SmolStr::from(one_line(told)))
            .find(|told| !told.is_empty())
    };
    let named = match beside {
        Some(Json::String(name)) => {
            Some(SmolStr::from(one_line(name))).filter(|name| !name.is_empty())
        }
        other => said(other, &["name", "id", "package"]),
    };
    Server {
        name: said(info, &["name"]).or(named),
        version: said(info, &["version"]).or_else(|| said(beside, &["version"])),
    }
}

/// What is written as a text is no longer than one may be.
fn fits(listing: &Listing) -> Result<(), Refused> {
    let long = |text: &&SmolStr| text.len() > MAX_ID_BYTES;
    let refused = |pointer: String, what: &str| {
        Refused::new(
            pointer,
            format!("{what} is longer than {MAX_ID_BYTES} bytes"),
            "",
        )
    };
    if listing.server.name.iter().any(|name| long(&name)) {
        return Err(refused(String::new(), "the name of the server"));
    }
    for tool in &listing.tools {
        let scopes = tool.oauth.required.iter().chain(&tool.oauth.accepted);
        if scopes.into_iter().any(|scope| long(&scope)) {
            let pointer = format!("{}/_meta/oauth", tool.pointer);
            return Err(refused(pointer, "an OAuth scope"));
        }
    }
    Ok(())
}

fn only_once(listing: &Listing) -> Result<(), Refused> {
    let mut seen = BTreeSet::new();
    for tool in &listing.tools {
        if !seen.insert(&tool.name) {
            return Err(Refused::new(
                format!("{}/name", tool.pointer),
                format!("a second tool is called {}", quoted(&tool.name)),
                "names of tools are unique: nobody could tell which of the two a call means",
            ));
        }
    }
    Ok(())
}
