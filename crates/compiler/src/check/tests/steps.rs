//! The steps of a test: what is asked, and what is expected.

use placet_model::decision::Reason;
use placet_model::policy::GroupKind;
use placet_syntax::ast::{self, Ending, Expect, FileId, Name, Spanned, Step};
use placet_syntax::{Code, Diagnostic};
use smol_str::SmolStr;

use super::Context;
use super::objects::check_args;
use crate::check::duties::lifetime;
use crate::patterns::plain_pattern;
use crate::report::{DiagnosticAt, Place, Report, closest, written};
use crate::resolve::agents::unknown_agent;
use crate::resolve::constants::{duration_of, joined, object_fields};
use crate::resolve::find::{check_tool, find_action};
use crate::resolve::groups::find_group;
use crate::resolve::names::{check_name, each_once};
use crate::world::FunctionDecl;

/// What the steps so far have made.
pub(super) struct Steps {
    credentials: Vec<SmolStr>,
    issued: bool,
    /// A step did not parse: what is absent may have been made there.
    recovered: bool,
}

impl Steps {
    pub(super) const fn of(recovered: bool) -> Self {
        Self {
            credentials: Vec::new(),
            issued: recovered,
            recovered,
        }
    }

    /// Whether a step is something that an agent does.
    pub(super) const fn needs_agent(&self, step: &Step) -> bool {
        matches!(step, Step::Issue(_) | Step::Call(_) | Step::List { .. })
    }

    pub(super) fn check(
        &mut self,
        context: &Context,
        report: &mut Report,
        file: FileId,
        step: &Step,
        place: Place,
        agents: &[SmolStr],
    ) {
        match step {
            Step::Issue(issue) => self.issue(context, report, file, issue, agents),
            Step::Call(call) => self.call(context, report, file, call, place),
            Step::List { tool, expect } => {
                if expected_reason(&expect.node) != Some("unknown-tool") {
                    check_tool(
                        context.world,
                        report,
                        &tool.dotted(),
                        Place::new(file, tool.span),
                    );
                }
                let fits = matches!(expect.node, Expect::Yes | Expect::No | Expect::Depends);
                let words = "`yes`, `no` or `depends`";
                check_expect(context, report, file, expect, fits, ("listing", words));
            }
            Step::After(duration) => {
                if let Some(length) = duration.node.duration() {
                    duration_of(report, Place::new(file, duration.span), length);
                }
            }
            Step::Revoke(name) => self.find_credential(report, file, name),
            Step::Record {
                by, groups, call, ..
            } => {
                check_name(report, file, "user", by);
                for group in each_once(report, file, groups) {
                    let place = Place::new(file, group.span);
                    find_group(context.world, report, GroupKind::Users, group, place);
                }
                if let Some((path, args)) = call
                    && let Some(function) = find_function(context, report, file, path)
                {
                    check_args(report, file, function, args, Place::new(file, path.span));
                }
            }
        }
    }

    fn issue(
        &mut self,
        context: &Context,
        report: &mut Report,
        file: FileId,
        issue: &ast::Issue,
        agents: &[SmolStr],
    ) {
        let world = context.world;
        let reason = expected_reason(&issue.expect.node);
        if let Some(agent) = &issue.delegate
            && reason != Some("unknown-agent")
            && world.agent(agent).is_none()
            && !agents.contains(&agent.node)
        {
            unknown_agent(world, report, agent, Place::new(file, agent.span));
        }
        if let Some(name) = &issue.with {
            self.find_credential(report, file, name);
        } else if issue.delegate.is_some() && !self.issued {
            no_credential(report, Place::new(file, issue.tool.span), "to delegate");
        }
        if reason != Some("unknown-tool") {
            let place = Place::new(file, issue.tool.span);
            check_tool(world, report, &issue.tool.dotted(), place);
        }
        let any = matches!(issue.actions.as_slice(), [only] if only.node == "any");
        if reason != Some("unknown-action") && !any {
            for action in each_once(report, file, &issue.actions) {
                find_action(world, report, action, Place::new(file, action.span));
            }
        }
        if reason != Some("invalid-request") {
            for text in &issue.resources {
                plain_pattern(report, file, text, "a requested pattern");
            }
        }
        check_length(report, file, issue.lifetime.as_ref());
        if let Some(name) = &issue.credential {
            let place = Place::new(file, name.span);
            if self.credentials.contains(&name.node) {
                report.push(
                    Diagnostic::error(
                        Code::PL0808,
                        format!("credential `{}` is set twice", name.node),
                    )
                    .here(place, "again here")
                    .help("choose another name"),
                );
            }
            self.credentials.push(name.node.clone());
        }
        self.issued = true;
        let fits = matches!(
            issue.expect.node,
            Expect::Grant(_) | Expect::Narrowed { .. } | Expect::Deny { .. }
        );
        let words = "`grant`, `narrowed to …` or `deny REASON`";
        check_expect(
            context,
            report,
            file,
            &issue.expect,
            fits,
            ("issuance", words),
        );
    }

    fn call(
        &mut self,
        context: &Context,
        report: &mut Report,
        file: FileId,
        call: &ast::Call,
        place: Place,
    ) {
        let reason = expected_reason(&call.expect.node);
        match &call.credential {
            Some(name) => self.find_credential(report, file, name),
            None if !self.issued && reason != Some("invalid-request") => {
                no_credential(report, Place::new(file, call.tool.span), "to call with");
            }
            None => {}
        }
        let fits = matches!(call.expect.node, Expect::Grant(_) | Expect::Deny { .. });
        check_expect(
            context,
            report,
            file,
            &call.expect,
            fits,
            ("a call", "`grant` or `deny REASON`"),
        );
        if reason == Some("unknown-tool") {
            return;
        }
        let function = find_function(context, report, file, &call.tool);
        if let Some(function) = function
            && reason != Some("invalid-request")
        {
            check_args(report, file, function, &call.args, place);
        }
        let Some(ending) = &call.ending else { return };
        if let Expect::Deny { .. } = call.expect.node {
            report.push(
                Diagnostic::error(
                    Code::PL0805,
                    "a call that is denied does not end in any way",
                )
                .here(Place::new(file, ending.span), "never happens")
                .help("leave it out"),
            );
        }
        if let (Ending::Result(result), Some(function)) = (&ending.node, function) {
            let returns = function.returns.clone().unwrap_or_default();
            object_fields(
                report,
                file,
                result,
                &returns,
                (Code::PL0108, "result field"),
                "result",
            );
        }
    }

    fn find_credential(&self, report: &mut Report, file: FileId, name: &Name) {
        if !self.recovered && !self.credentials.contains(&name.node) {
            let names = self.credentials.iter().map(SmolStr::as_str);
            let help = format!(
                "name it where it is issued: `issue … as {} -> …`",
                written(name)
            );
            report.unknown(
                Code::PL0802,
                "credential",
                name,
                Place::new(file, name.span),
                names,
                &help,
            );
        }
    }
}

fn no_credential(report: &mut Report, place: Place, what: &str) {
    report.push(
        Diagnostic::error(Code::PL0802, format!("there is no credential {what} yet"))
            .here(place, "nothing has been issued")
            .help("write `issue TOOL ACTION \"PATTERN\" -> grant` in front"),
    );
}

/// The function of a call, or an error.
fn find_function<'w>(
    context: &'w Context<'_, '_>,
    report: &mut Report,
    file: FileId,
    path: &ast::Path,
) -> Option<&'w FunctionDecl<'w>> {
    let world = context.world;
    let dotted = path.dotted();
    let place = Place::new(file, path.span);
    let found = world
        .functions
        .iter()
        .find(|function| function.path == dotted);
    match found {
        Some(function) if function.params.is_some() => Some(function),
        Some(_) => {
            report.push(
                Diagnostic::error(
                    Code::PL0106,
                    format!("`{dotted}` has no functions, and takes no arguments"),
                )
                .here(place, "cannot be called")
                .help("expect `deny unknown-tool`"),
            );
            None
        }
        None => {
            if check_tool(world, report, &dotted, place) {
                let below = world.functions_below(&dotted);
                let names: Vec<&str> = below
                    .iter()
                    .filter_map(|id| world.get_function(*id))
                    .map(|function| function.path.as_str())
                    .take(4)
                    .collect();
                report.push(
                    Diagnostic::error(
                        Code::PL0106,
                        format!("`{dotted}` is a server, and a call names one of its functions"),
                    )
                    .here(place, "cannot be called")
                    .help(format!("write {}", joined(&names, "or"))),
                );
            }
            None
        }
    }
}

/// The reason that a step expects to be denied for.
fn expected_reason(expect: &Expect) -> Option<&str> {
    match expect {
        Expect::Deny { reason, .. } => Some(reason),
        _ => None,
    }
}

fn check_expect(
    context: &Context,
    report: &mut Report,
    file: FileId,
    expect: &Spanned<Expect>,
    fits: bool,
    (step, words): (&str, &str),
) {
    if matches!(expect.node, Expect::Row) {
        // Reported where rows are looked for.
        return;
    }
    if !fits {
        report.push(
            Diagnostic::error(Code::PL0805, format!("{step} never ends like this"))
                .here(Place::new(file, expect.span), "cannot be expected here")
                .help(format!("expect {words}")),
        );
        return;
    }
    let by = match &expect.node {
        Expect::Row | Expect::Yes | Expect::No | Expect::Depends => return,
        Expect::Grant(limit) => check_limit(report, file, limit),
        Expect::Narrowed { to, limit } => {
            for text in to {
                plain_pattern(report, file, text, "an expected pattern");
            }
            check_limit(report, file, limit)
        }
        Expect::Deny { reason, by } => {
            check_reason(report, file, reason);
            by
        }
    };
    let does = match &expect.node {
        Expect::Deny { reason, .. } if reason.node == Reason::DeniedByRule.name() => {
            "deny it".to_owned()
        }
        Expect::Deny { reason, .. } => format!("make it `{}`", reason.node),
        _ => "grant it".to_owned(),
    };
    for name in each_once(report, file, by) {
        context.check_rule(report, file, name, &does);
    }
}

fn check_limit<'l>(report: &mut Report, file: FileId, limit: &'l ast::Limit) -> &'l [Name] {
    check_length(report, file, limit.lifetime.as_ref());
    &limit.by
}

fn check_length(report: &mut Report, file: FileId, length: Option<&Spanned<ast::Length>>) {
    if let Some(length) = length
        && let Some(duration) = length.node.duration()
    {
        lifetime(report, file, &Spanned::new(duration, length.span));
    }
}

fn check_reason(report: &mut Report, file: FileId, reason: &Name) {
    let denials = Reason::ALL
        .into_iter()
        .filter(|reason| *reason != Reason::Granted);
    let reasons: Vec<&str> = denials.map(Reason::name).collect();
    if reasons.contains(&reason.as_str()) {
        return;
    }
    let place = Place::new(file, reason.span);
    let diagnostic = match closest(reason, reasons.iter().copied()) {
        Some(near) => Diagnostic::error(
            Code::PL0804,
            format!("`{}` is no reason; did you mean `{near}`?", reason.node),
        )
        .here(place, "nothing is ever denied for this")
        .replace(place, near, format!("write `{near}`")),
        None => Diagnostic::error(Code::PL0804, format!("`{}` is no reason", reason.node))
            .here(place, "nothing is ever denied for this")
            .help(format!("the reasons are {}", joined(&reasons, "and"))),
    };
    report.push(diagnostic);
}
