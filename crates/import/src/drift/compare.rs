//! Servers, tools and parameters, one by one.

use std::collections::BTreeSet;

use placet_syntax::quoted as string;
use smol_str::SmolStr;

use super::declared::{At, Declared, DeclaredFunction, DeclaredTool};
use super::differs::{Differs, changed, doubted, gone_parameter, unknown_parameter};
use super::finding::{Code, Finding, Severity};
use crate::clean::quoted;
use crate::listing::{Listing, Tool, escape};
use crate::tool::{Function, LeftOut, Names};
use crate::ty::{Field, same_default, word};
use crate::write::tool_name;

/// A list of tools to compare with.
#[derive(Clone, Copy, Debug)]
pub struct Real<'a> {
    /// The list.
    pub listing: &'a Listing,
    /// What its server is called when it does not say.
    pub otherwise: &'a str,
    /// The tool that stands for it, when a person says so.
    pub tool: Option<&'a str>,
}

/// What came of comparing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// What differs, in the order of the lists, then of the policy.
    pub findings: Vec<Finding>,
    /// How many tools of the lists were looked at.
    pub tools: usize,
    /// For each list, which tools of the policy stand for it, by index.
    pub stands: Vec<Vec<usize>>,
}

/// Compares the tools of a policy with lists.
#[must_use]
pub fn drift(declared: &Declared, reals: &[Real]) -> Compared {
    let mut compared = Compared::default();
    let mut allowed: BTreeSet<(usize, usize)> = BTreeSet::new();
    let mut seen: BTreeSet<(usize, SmolStr)> = BTreeSet::new();
    for (list, real) in reals.iter().enumerate() {
        compared.tools += real.listing.tools.len();
        let stands = standing_for(declared, real);
        if stands.is_empty() {
            compared.findings.push(server_unknown(declared, list, real));
        } else {
            let mut one = One {
                declared,
                list,
                real,
                stands: &stands,
                allowed: &mut allowed,
                seen: &mut seen,
                findings: &mut compared.findings,
            };
            one.compare();
        }
        compared.stands.push(stands);
    }
    gone(declared, &mut compared, &mut allowed, &seen);
    for (at, tool) in declared.tools.iter().enumerate() {
        if compared.stands.iter().any(|stands| stands.contains(&at)) {
            compared
                .findings
                .extend(unused_allowances(at, tool, &allowed));
        }
    }
    compared.findings.sort_by(|a, b| a.order().cmp(&b.order()));
    compared
}

/// The tools that stand for a server: those that name it; else the one that is called as an
/// import would call it and names no other.
fn standing_for(declared: &Declared, real: &Real) -> Vec<usize> {
    let server = name(real);
    let called = tool_name(server);
    let which = |wanted: &dyn Fn(&DeclaredTool) -> bool| -> Vec<usize> {
        let tools = declared.tools.iter().enumerate();
        tools
            .filter(|(_, tool)| wanted(tool))
            .map(|(at, _)| at)
            .collect()
    };
    if let Some(path) = real.tool {
        return which(&|tool| tool.path == path);
    }
    let named = which(&|tool| tool.server.as_deref() == Some(server));
    match named.is_empty() {
        true => which(&|tool| tool.server.is_none() && tool.path == called),
        false => named,
    }
}

fn name<'a>(real: &Real<'a>) -> &'a str {
    real.listing
        .server
        .name
        .as_deref()
        .unwrap_or(real.otherwise)
}

fn server_unknown(declared: &Declared, list: usize, real: &Real) -> Finding {
    let server = name(real);
    let has = |tool: &DeclaredTool| {
        let known: BTreeSet<&str> = tool.functions.iter().map(|one| one.name.as_str()).collect();
        let tools = real.listing.tools.iter();
        tools
            .filter(|one| known.contains(one.name.as_str()))
            .count()
    };
    let free = declared.tools.iter().filter(|tool| tool.server.is_none());
    let near = free
        .map(|tool| (has(tool), tool))
        .filter(|(count, _)| *count * 2 > real.listing.tools.len())
        .max_by_key(|(count, _)| *count);
    let note = format!("@mcp({})", string(server));
    let (help, at, write) = match near {
        Some((count, tool)) => (
            format!(
                "`tool {}` declares {count} of its {} tools: write this before it",
                tool.path,
                real.listing.tools.len()
            ),
            Some(tool.at),
            Some(note),
        ),
        None => (
            format!(
                "import it (`placet import mcp`), or write `{note}` before the tool that stands for it"
            ),
            None,
            None,
        ),
    };
    Finding {
        code: Code::ServerUnknown,
        severity: Severity::Error,
        message: format!(
            "no tool of the policy stands for the server {}",
            quoted(server)
        ),
        at,
        real: Some((list, String::new())),
        about: server.into(),
        help,
        write,
    }
}

/// One list and the tools that stand for it.
struct One<'a> {
    declared: &'a Declared,
    list: usize,
    real: &'a Real<'a>,
    stands: &'a [usize],
    /// Which allowances of which tools were of use.
    allowed: &'a mut BTreeSet<(usize, usize)>,
    /// Which functions of which tools the lists have.
    seen: &'a mut BTreeSet<(usize, SmolStr)>,
    findings: &'a mut Vec<Finding>,
}

impl<'a> One<'a> {
    fn compare(&mut self) {
        let names = Names::of(self.real.listing);
        for tool in &self.real.listing.tools {
            let real = Function::of(tool, &names);
            // Several tools may stand for the server, and more than one may declare it.
            let found: Vec<(usize, &DeclaredTool, &DeclaredFunction)> = self
                .stands
                .iter()
                .filter_map(|at| {
                    let declared = self.declared.tools.get(*at)?;
                    let mut functions = declared.functions.iter();
                    let function = functions.find(|function| function.name == tool.name)?;
                    Some((*at, declared, function))
                })
                .collect();
            if found.is_empty() {
                self.unknown(tool, real);
                continue;
            }
            for (at, declared, function) in found {
                self.seen.insert((at, function.name.clone()));
                match &real {
                    Ok(real) => self.function(at, declared, function, tool, real),
                    Err(why) => self.beyond(at, declared, function, tool, why),
                }
            }
        }
    }

    /// A tool that is declared, and has become one that no policy can declare.
    fn beyond(
        &mut self,
        at: usize,
        declared: &DeclaredTool,
        function: &DeclaredFunction,
        tool: &Tool,
        left_out: &LeftOut,
    ) {
        if self.allows(at, &function.name) {
            return;
        }
        let found = Differs {
            code: Code::ToolUnknown,
            severity: Severity::Error,
            message: format!(
                "{} is no longer what the policy declares, nor can be declared: {}",
                quoted(&function.name),
                left_out.why
            ),
            at: function.at,
            help: format!(
                "take it out, or write {} before `tool {}` when you know better",
                allow(&function.name),
                declared.path
            ),
            write: None,
        };
        self.push(found, declared, &function.name, tool, "");
    }

    /// A tool that no policy block declares.
    fn unknown(&mut self, tool: &Tool, real: Result<Function, LeftOut>) {
        let first = self.stands.first();
        let Some(declared) = first.and_then(|at| self.declared.tools.get(*at)) else {
            return;
        };
        if self.stands.iter().any(|at| self.allows(*at, &tool.name)) {
            return;
        }
        let allow = allow(&tool.name);
        let (help, write) = match real {
            Ok(function) => (
                format!(
                    "declare it in `tool {}`, or write {allow} before that to leave it out: \
                         calls of it are denied",
                    declared.path
                ),
                Some(function.declaration()),
            ),
            Err(left_out) => (
                format!(
                    "it cannot be declared: {}; {allow} before `tool {}` leaves it out",
                    left_out.why, declared.path
                ),
                None,
            ),
        };
        self.findings.push(Finding {
            code: Code::ToolUnknown,
            severity: Severity::Warning,
            message: format!("the policy does not declare {}", quoted(&tool.name)),
            at: Some(declared.at),
            real: Some((self.list, tool.pointer.clone())),
            about: path(declared, &tool.name),
            help,
            write,
        });
    }

    /// Whether a difference may be, and notes that this was of use.
    fn allows(&mut self, tool: usize, name: &str) -> bool {
        let Some(declared) = self.declared.tools.get(tool) else {
            return false;
        };
        let found = declared
            .allows
            .iter()
            .position(|(allowed, _)| allowed == name);
        found.is_some_and(|at| {
            self.allowed.insert((tool, at));
            true
        })
    }

    fn function(
        &mut self,
        at: usize,
        declared: &DeclaredTool,
        mine: &DeclaredFunction,
        tool: &Tool,
        real: &Function,
    ) {
        self.meaning(at, declared, mine, tool);
        for field in &real.fields {
            let known = mine
                .fields
                .iter()
                .find(|(known, _)| known.name == field.name);
            let found = match known {
                Some((known, place)) => self.parameter(mine, known, *place, field),
                None if mine.open && field.may_be_absent() => None,
                None => Some(unknown_parameter(mine, field)),
            };
            self.add(at, declared, mine, tool, &field.name, found);
        }
        for (known, place) in &mine.fields {
            if !real.fields.iter().any(|field| field.name == known.name) {
                let found = Some(gone_parameter(mine, known, *place));
                self.add(at, declared, mine, tool, &known.name, found);
            }
        }
    }

    /// Adds a finding about a parameter, unless it may be.
    fn add(
        &mut self,
        at: usize,
        declared: &DeclaredTool,
        function: &DeclaredFunction,
        tool: &Tool,
        param: &str,
        found: Option<Differs>,
    ) {
        let Some(found) = found else {
            return;
        };
        let full = format!("{}.{param}", function.name);
        if self.allows(at, &full) {
            return;
        }
        let place = match found.code {
            Code::ParameterGone => "/inputSchema".to_owned(),
            _ => format!("/inputSchema/properties/{}", escape(param)),
        };
        let help = format!(
            "{}, or write {} before `tool {}`",
            found.help,
            allow(&full),
            declared.path
        );
        self.push(Differs { help, ..found }, declared, &full, tool, &place);
    }

    fn push(
        &mut self,
        found: Differs,
        declared: &DeclaredTool,
        name: &str,
        tool: &Tool,
        place: &str,
    ) {
        self.findings.push(Finding {
            code: found.code,
            severity: found.severity,
            message: found.message,
            at: Some(found.at),
            real: Some((self.list, format!("{}{place}", tool.pointer))),
            about: path(declared, name),
            help: found.help,
            write: found.write,
        });
    }

    fn parameter(
        &self,
        function: &DeclaredFunction,
        mine: &Field,
        at: At,
        real: &Field,
    ) -> Option<Differs> {
        let name = format!("{} of {}", quoted(&mine.name), quoted(&function.name));
        let differs = |code, severity, message| Differs {
            code,
            severity,
            message,
            at,
            help: "declare it so".to_owned(),
            write: Some(real.text()),
        };
        if !mine.ty.is(&real.ty) {
            return Some(differs(
                Code::TypeChanged,
                match mine.ty.is_graded(&real.ty) {
                    true => Severity::Warning,
                    false => Severity::Error,
                },
                format!(
                    "{name} is {} for the tool, and {} in the policy",
                    code(&real.ty.text()),
                    code(&mine.ty.text())
                ),
            ));
        }
        let text = |field: &Field| match field.may_be_absent() {
            true => "optional",
            false => "required",
        };
        if mine.may_be_absent() != real.may_be_absent() {
            return Some(differs(
                Code::PresenceChanged,
                Severity::Warning,
                format!(
                    "{name} is {} for the tool, and {} in the policy",
                    text(real),
                    text(mine)
                ),
            ));
        }
        if !same_default(mine.default.as_ref(), real.default.as_ref()) {
            let said = |field: &Field| match &field.default {
                Some(default) => code(&default.text()),
                None => "nothing".to_owned(),
            };
            return Some(differs(
                Code::DefaultChanged,
                Severity::Error,
                format!(
                    "{name}, left out, means {} to the tool, and {} to the policy",
                    said(real),
                    said(mine)
                ),
            ));
        }
        None
    }

    fn meaning(
        &mut self,
        at: usize,
        declared: &DeclaredTool,
        mine: &DeclaredFunction,
        tool: &Tool,
    ) {
        let now = tool.claims.meaning();
        let found = match &mine.meaning {
            Some((before, place)) if *before != now => Some(changed(mine, before, *place, &now)),
            Some(_) => None,
            None => doubted(mine, tool, &now),
        };
        let Some(found) = found else {
            return;
        };
        if self.allows(at, &mine.name) {
            return;
        }
        self.push(found, declared, &mine.name, tool, "/annotations");
    }
}

/// What the policy declares and no list of its server has.
fn gone(
    declared: &Declared,
    compared: &mut Compared,
    allowed: &mut BTreeSet<(usize, usize)>,
    seen: &BTreeSet<(usize, SmolStr)>,
) {
    for (at, tool) in declared.tools.iter().enumerate() {
        let Some(list) = compared
            .stands
            .iter()
            .position(|stands| stands.contains(&at))
        else {
            continue;
        };
        for function in &tool.functions {
            if seen.contains(&(at, function.name.clone())) {
                continue;
            }
            if let Some(allowance) = tool
                .allows
                .iter()
                .position(|(name, _)| *name == function.name)
            {
                allowed.insert((at, allowance));
                continue;
            }
            compared.findings.push(Finding {
                code: Code::ToolGone,
                severity: Severity::Warning,
                message: format!("the server no longer has {}", quoted(&function.name)),
                at: Some(function.at),
                real: Some((list, String::new())),
                about: path(tool, &function.name),
                help: format!(
                    "take out `{}` and the rules that name it: another tool may get this name one day",
                    word(&function.name)
                ),
                write: None,
            });
        }
    }
}

fn unused_allowances(
    at: usize,
    tool: &DeclaredTool,
    allowed: &BTreeSet<(usize, usize)>,
) -> Vec<Finding> {
    let allowances = tool.allows.iter().enumerate();
    allowances
        .filter(|(index, _)| !allowed.contains(&(at, *index)))
        .map(|(_, (name, place))| Finding {
            code: Code::AllowanceUnused,
            severity: Severity::Warning,
            message: format!(
                "`@drift-allows` names {}, which does not differ",
                quoted(name)
            ),
            at: Some(*place),
            real: None,
            about: path(tool, name),
            help: "take it out: it would hide a difference to come".into(),
            write: None,
        })
        .collect()
}

fn allow(name: &str) -> String {
    code(&format!("@drift-allows({})", string(name)))
}

/// Text of a policy in a sentence.
fn code(text: &str) -> String {
    const MOST: usize = 200;
    format!("`{}`", crate::clean::cut(text, MOST))
}

fn path(tool: &DeclaredTool, name: &str) -> SmolStr {
    format!("{}.{name}", tool.path).into()
}
