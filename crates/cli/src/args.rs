//! What can be written on the command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::output;

mod coverage;
mod dead;
mod diff;
mod drift;
mod import;
mod lint;
mod matrix;
mod mutate;
mod prove;
mod service;
mod suite;
mod values;
mod who;

pub(crate) use coverage::{Coverage, CoverageFormat};
pub(crate) use dead::Dead;
pub(crate) use diff::{Diff, DiffFormat, FailOn};
pub(crate) use drift::{Drift, DriftFormat};
pub(crate) use import::{Import, ImportCommand, ImportMcp};
pub(crate) use lint::{Lint, LintFormat, Threshold};
pub(crate) use matrix::Matrix;
pub(crate) use mutate::Mutate;
pub(crate) use prove::Prove;

pub(crate) use service::{
    Audit, AuditCommand, AuditPlace, AuditQuery, AuditShow, AuditVerify, Consent, Credentials,
    CredentialsCommand, CredentialsList, CredentialsOne, Decided, Delegate, How, Issue, IssueArgs,
    Keys, KeysArgs, KeysCommand, KeysRetire, KeysRotate, OwnTokenArgs, Purpose, Revoke, Settle,
    StoreArgs, Use, WriterArgs,
};
pub(crate) use suite::{Test, TestFormat};
pub(crate) use values::{OnAuditFailure, Shown};
pub(crate) use who::{BlastRadius, HowAsked, WhatCan, WhoCan};

/// Reads the arguments of this process. Help and version are printed here, mistakes too;
/// then there is nothing left to do but to exit.
pub(crate) fn parse() -> Result<Command, ExitCode> {
    Arguments::try_parse()
        .map(|arguments| arguments.command)
        .map_err(|error| {
            let code = if error.use_stderr() { 2 } else { 0 };
            let hostile = std::env::args_os().any(|argument| {
                let text = argument.to_string_lossy();
                output::printable(&text) != text
            });
            if hostile {
                // What could command a terminal is not shown as it is.
                output::findings(&output::printable(&error.to_string()));
            } else {
                // A closed pipe is no reason to complain: nobody is there to hear it.
                drop(error.print());
            }
            ExitCode::from(code)
        })
}

/// The whole command line, for completions and manual pages.
pub(crate) fn command() -> clap::Command {
    Arguments::command()
}

/// Placet decides which agent may, on behalf of which user, use which tool to do what to
/// which resource: when a credential is issued, and again at every call.
#[derive(Parser)]
#[command(
    name = "placet",
    bin_name = "placet",
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 fine or granted, 1 denied or findings, 2 error.\n\
                  Colours follow the terminal; NO_COLOR turns them off.",
    arg_required_else_help = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// One thing to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Write a small working policy and a request to start from
    Init(Init),
    /// Find mistakes in a policy
    Check(Check),
    /// Run the tests of a policy
    Test(Test),
    /// Prove the claims of a policy, or show a request for which one does not hold
    Prove(Prove),
    /// Say what changes between two policies: what becomes granted, denied, looser, tighter
    Diff(Diff),
    /// Say what a reviewer would say of a policy, and mend it
    Lint(Lint),
    /// Say which rules never decide anything, and which parts of rules change nothing
    Dead(Dead),
    /// Write policies the one way they are written
    Fmt(Fmt),
    /// Write the tools of a server as policy
    Import(Import),
    /// Say where a policy and the tools of servers differ, and what it grants without need
    Drift(Drift),
    /// Compile a policy into one file that a decision point can load
    Build(Build),
    /// Decide requests
    Decide(Decide),
    /// Say why a request is granted or denied, and what would change it
    Explain(Explain),
    /// Say which tools are worth showing to an agent
    List(List),
    /// Say who can do something, and on which conditions: completely
    WhoCan(WhoCan),
    /// Say what an agent can do, and on which conditions: completely
    WhatCan(WhatCan),
    /// Sum up what an agent or the holder of a credential could do at worst
    BlastRadius(BlastRadius),
    /// Say who may do what, and keep it beside the policy for review
    Matrix(Matrix),
    /// Say which rules, clauses and conditions no test shows
    Coverage(Coverage),
    /// Change the policy, one thing at a time, and say which changes no test notices
    Mutate(Mutate),
    /// Issue a credential for a task: what the policy grants of the scopes asked for
    Issue(Issue),
    /// Decide a call under a credential, and count it
    Use(Use),
    /// Say how a granted call ended
    Settle(Settle),
    /// Issue a narrower credential to a sub-agent
    Delegate(Delegate),
    /// Record a consent or an approval that a decision asks for
    Consent(Consent),
    /// End credentials, from the next call on
    Revoke(Revoke),
    /// Show the credentials of a store
    Credentials(Credentials),
    /// Verify, search and show the audit of a store
    Audit(Audit),
    /// Show, rotate and publish the keys of a store
    Keys(Keys),
    /// Draw the decision graphs of a policy
    Graph(Graph),
    /// Answer an editor, by the Language Server Protocol over standard input and output
    Lsp(Lsp),
    /// Explain a diagnostic code
    ExplainCode(ExplainCode),
    /// Print completions for a shell
    Completions(Completions),
    /// Print the manual page, or write those of all commands into a folder
    Man(Man),
}

#[derive(Args)]
pub(crate) struct Init {
    /// The folder; it is made if need be, and no file in it is ever overwritten
    #[arg(default_value = ".")]
    pub(crate) dir: PathBuf,
    /// For people or for machines
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Args)]
pub(crate) struct Check {
    /// Policy files, and folders with policy files: one policy, or several, each in its folder
    #[arg(required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// For people or for machines
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Exit with 1 when there are only warnings, too
    #[arg(long)]
    pub(crate) deny_warnings: bool,
}

#[derive(Args)]
pub(crate) struct Fmt {
    /// Policy files, folders with policy files, or `-` for standard input
    #[arg(required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Change nothing; name the files that would change and exit with 1
    #[arg(long)]
    pub(crate) check: bool,
    /// Change nothing; show what would change and exit with 1
    #[arg(long, conflicts_with = "check")]
    pub(crate) diff: bool,
    /// For people or for machines
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Args)]
pub(crate) struct Build {
    /// Policy files, and folders with policy files; all together are one policy
    #[arg(required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Where to write the compiled policy
    #[arg(short, long, value_name = "FILE.placetc")]
    pub(crate) output: PathBuf,
    /// For people or for machines
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// Where the policy is.
#[derive(Args)]
pub(crate) struct PolicyArgs {
    /// A policy file, a folder with policy files, or a compiled policy; several files and
    /// folders are one policy
    #[arg(short, long = "policy", required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
}

/// Where the requests are and how they are read.
#[derive(Args)]
pub(crate) struct InputArgs {
    /// A file with one JSON request, or with one per line; standard input when absent or `-`
    #[arg(value_name = "REQUEST")]
    pub(crate) request: Option<PathBuf>,
    /// Take every line as a request of its own, and the first line at once: for a program
    /// that waits for each answer
    #[arg(long)]
    pub(crate) lines: bool,
}

/// Where the requests are, and what their credentials are.
#[derive(Args)]
pub(crate) struct RequestArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    #[command(flatten)]
    pub(crate) tokens: TokenArgs,
    /// Say aloud that runtime requests carry no credential: the policy alone decides
    #[arg(long, conflicts_with = "keys")]
    pub(crate) no_credential: bool,
}

/// How to verify a credential that is a signed token.
#[derive(Args)]
pub(crate) struct TokenArgs {
    /// Accept signed tokens as credentials: the keys that verify them, a JWK set
    #[arg(long, value_name = "JWKS", requires = "audience")]
    pub(crate) keys: Option<PathBuf>,
    /// Who issues the tokens
    #[arg(long, value_name = "URI", default_value = service::ISSUER, requires = "keys")]
    pub(crate) issuer: String,
    /// For whom the tokens are: the service where the calls arrive
    #[arg(long, value_name = "URI", requires = "keys")]
    pub(crate) audience: Option<String>,
    /// The key that the caller has proven to have, by its thumbprint (RFC 7638)
    #[arg(long, value_name = "THUMBPRINT", value_parser = values::thumbprint, requires = "keys")]
    pub(crate) proven_key: Option<smol_str::SmolStr>,
}

#[derive(Args)]
pub(crate) struct Decide {
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    #[command(flatten)]
    pub(crate) requests: RequestArgs,
    /// For machines or for people
    #[arg(long, value_enum, default_value_t = Format::Json)]
    pub(crate) format: Format,
    /// Remember so many decisions and reuse each where all that it consulted is equal
    #[arg(long, value_name = "ENTRIES")]
    pub(crate) cache: Option<std::num::NonZeroUsize>,
}

#[derive(Args)]
pub(crate) struct Explain {
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    #[command(flatten)]
    pub(crate) requests: RequestArgs,
    /// For people or for machines
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    #[command(flatten)]
    pub(crate) requests: RequestArgs,
    /// For machines or for people
    #[arg(long, value_enum, default_value_t = Format::Json)]
    pub(crate) format: Format,
}

#[derive(Args)]
pub(crate) struct Graph {
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    /// The language of the drawing
    #[arg(long, value_enum, default_value_t = Drawing::Dot)]
    pub(crate) format: Drawing,
    /// Only this layer
    #[arg(long, value_name = "NAME")]
    pub(crate) layer: Option<String>,
    /// Highlight the way of this request; `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) request: Option<PathBuf>,
    /// Say aloud that the request carries no credential
    #[arg(long, requires = "request")]
    pub(crate) no_credential: bool,
}

#[derive(Args)]
pub(crate) struct Lsp {
    /// What is done anyway: editors say so
    #[arg(long, hide = true)]
    stdio: bool,
}

#[derive(Args)]
pub(crate) struct ExplainCode {
    /// The code, as in `PL0101`, or the name of a lint; all of them when absent
    #[arg(value_name = "CODE")]
    pub(crate) code: Option<String>,
}

#[derive(Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Args)]
pub(crate) struct Man {
    /// Write the pages of the program and of all commands into this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

/// For whom output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For machines
    Json,
}

/// Languages of drawings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Drawing {
    /// Graphviz
    Dot,
    /// Mermaid, which many forges draw in Markdown
    Mermaid,
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }
}
