//! The lines that set up the world of a test or fixture.

use std::collections::BTreeMap;

use placet_model::policy::{Entity, GroupKind};
use placet_model::value::Time;
use placet_syntax::ast::{self, FileId, Setup};
use placet_syntax::{Code, Diagnostic};

use super::Context;
use super::objects::{check_facts, check_resource};
use crate::report::{DiagnosticAt, Place, Report};
use crate::resolve::groups::find_group;
use crate::resolve::names::{check_name, each_once};

/// What lines without a step between them have set: each thing once.
#[derive(Default)]
pub(super) struct Block {
    set: BTreeMap<String, Place>,
}

impl Block {
    pub(super) fn check(
        &mut self,
        context: &Context,
        report: &mut Report,
        file: FileId,
        line: &Setup,
        place: Place,
    ) {
        let world = context.world;
        match line {
            Setup::Given(names) => {
                for name in each_once(report, file, names) {
                    context.check_given(report, file, name);
                }
            }
            Setup::At(text) => {
                self.once(report, "the time", place);
                if Time::parse(text).is_none() {
                    report.push(
                        Diagnostic::error(Code::PL0204, format!("`{}` is not a time", text.node))
                            .here(
                                Place::new(file, text.span),
                                "a time is written as in RFC 3339",
                            )
                            .help("write it like `\"2026-11-23T10:00:00Z\"`"),
                    );
                }
            }
            Setup::Agent(agent) => {
                // Several agents may be set up: those that are delegated to.
                self.once(report, &format!("agent `{}`", agent.name.node), place);
                entity(
                    context,
                    report,
                    file,
                    (Entity::Agent, GroupKind::Agents),
                    agent,
                );
            }
            Setup::UserNone => self.once(report, "the user", place),
            Setup::User(user) => {
                self.once(report, "the user", place);
                entity(
                    context,
                    report,
                    file,
                    (Entity::User, GroupKind::Users),
                    user,
                );
            }
            Setup::Task { facts, .. } => {
                self.once(report, "the task", place);
                check_facts(world, report, file, Entity::Task, facts);
            }
            Setup::Context(facts) => {
                self.once(report, "the context", place);
                check_facts(world, report, file, Entity::Context, facts);
            }
            Setup::Resource { resource, facts } => {
                self.once(report, &format!("resource `{}`", resource.node), place);
                check_resource(world, report, file, resource, facts);
            }
        }
    }

    fn once(&mut self, report: &mut Report, what: &str, place: Place) {
        match self.set.get(what) {
            Some(first) => report.push(
                Diagnostic::error(Code::PL0808, format!("{what} is set twice"))
                    .here(place, "again here")
                    .also(*first, "first here")
                    .help("keep one of the two, or put a step between them"),
            ),
            None => {
                self.set.insert(what.to_owned(), place);
            }
        }
    }
}

fn entity(
    context: &Context,
    report: &mut Report,
    file: FileId,
    (kind, groups): (Entity, GroupKind),
    entity: &ast::Entity,
) {
    check_name(report, file, kind.name(), &entity.name);
    for group in each_once(report, file, &entity.groups) {
        let place = Place::new(file, group.span);
        find_group(context.world, report, groups, group, place);
    }
    check_facts(context.world, report, file, kind, &entity.facts);
}
