//! One module per command.

use std::num::NonZeroUsize;

use placet::json;
use placet::model::json::Json;

use crate::args::Command;
use crate::error::Error;
use crate::output::{self, Ended};
use crate::render::diagnostics::plural;

mod asked;
mod audit;
mod blast;
mod build;
mod check;
mod codes;
mod consent;
mod coverage;
mod credentials;
mod dead;
mod decide;
mod diff;
mod drift;
mod explain;
mod fmt;
mod generate;
mod graph;
mod import;
mod init;
mod issue;
mod keys;
pub(crate) mod lint;
mod lsp;
mod matrix;
mod mutate;
mod own;
mod prove;
mod revoke;
mod settle;
mod test;
mod using;
mod who;

/// Does what the command line says.
pub(crate) fn run(command: Command) -> Result<Ended, Error> {
    match command {
        Command::Init(args) => init::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Lint(args) => lint::run(&args),
        Command::Fmt(args) => fmt::run(&args),
        Command::Import(args) => import::run(&args),
        Command::Drift(args) => drift::run(&args),
        Command::Build(args) => build::run(&args),
        Command::Decide(args) => decide::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::List(args) => decide::list(&args),
        Command::WhoCan(args) => who::who_can(&args),
        Command::WhatCan(args) => who::what_can(&args),
        Command::BlastRadius(args) => blast::run(&args),
        Command::Matrix(args) => matrix::run(&args),
        Command::Coverage(args) => coverage::run(&args),
        Command::Prove(args) => prove::run(&args),
        Command::Dead(args) => dead::run(&args),
        Command::Mutate(args) => mutate::run(&args),
        Command::Issue(args) => issue::run(args),
        Command::Use(args) => using::run(args),
        Command::Settle(args) => settle::run(&args),
        Command::Delegate(args) => issue::delegate(args),
        Command::Consent(args) => consent::run(&args),
        Command::Revoke(args) => revoke::run(&args),
        Command::Credentials(args) => credentials::run(&args),
        Command::Audit(args) => audit::run(&args),
        Command::Keys(args) => keys::run(&args),
        Command::Graph(args) => graph::run(&args),
        Command::Lsp(_) => lsp::run(),
        Command::ExplainCode(args) => codes::run(&args),
        Command::Completions(args) => generate::completions(&args),
        Command::Man(args) => generate::man(&args),
    }
}

/// How many things are done at a time when nobody says.
fn processors() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// JSON as it is written: over many lines for a person, else on one.
pub(crate) fn line(json: &Json) -> String {
    let mut text = if output::is_terminal() {
        json::to_pretty_text(json)
    } else {
        json::to_text(json)
    };
    text.push('\n');
    text
}

/// A filter that selects no test is a mistake: nothing would be tested, and nobody told.
fn unmatched(filter: &[String], left_out: usize) -> Error {
    matches_nothing(
        filter,
        left_out,
        "test",
        "all tests run, and their names are shown",
    )
}

/// The same for claims.
fn unmatched_claims(filter: &[String], left_out: usize) -> Error {
    matches_nothing(
        filter,
        left_out,
        "claim",
        "all claims are proved, and their titles are shown",
    )
}

fn unmatched_rules(filter: &[String], left_out: usize) -> Error {
    matches_nothing(filter, left_out, "rule", "all rules are looked at")
}

fn matches_nothing(filter: &[String], left_out: usize, what: &str, without: &str) -> Error {
    let texts: Vec<String> = filter.iter().map(|text| format!("`{text}`")).collect();
    Error::refused(
        format!(
            "no {what} has {} in its name; there {} {}",
            texts.join(" or "),
            if left_out == 1 { "is" } else { "are" },
            plural(left_out, what)
        ),
        Some(&format!("without `--filter` {without}")),
    )
}
