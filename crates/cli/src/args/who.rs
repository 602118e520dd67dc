//! `placet who-can`, `placet what-can` and `placet blast-radius`

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use placet::model::value::Time;

use super::{Format, PolicyArgs, TokenArgs, values};

/// Tells every agent and user for whom a policy grants something, and on which conditions.
#[derive(Args)]
pub(crate) struct WhoCan {
    /// The action, `in GROUP` for a group of actions, or `any`
    #[arg(value_name = "ACTION")]
    pub(crate) action: String,
    /// The tool with all below it, or `any`
    #[arg(value_name = "TOOL")]
    pub(crate) tool: String,
    /// The resource, or a pattern of resources
    #[arg(value_name = "RESOURCE", default_value = "**")]
    pub(crate) resource: String,
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    #[command(flatten)]
    pub(crate) how: HowAsked,
}

/// Tells everything that a policy grants to an agent, and on which conditions.
#[derive(Args)]
pub(crate) struct WhatCan {
    /// The agent, or `in GROUP` for the agents of a group
    #[arg(value_name = "AGENT")]
    pub(crate) agent: String,
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    #[command(flatten)]
    pub(crate) how: HowAsked,
}

/// Sums up what an agent, or whoever holds a credential, could do at worst.
#[derive(Args)]
pub(crate) struct BlastRadius {
    /// The agent, or a credential: its id, a token, or a file with what issuance returned
    #[arg(value_name = "AGENT|CREDENTIAL")]
    pub(crate) of: String,
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    #[command(flatten)]
    pub(crate) how: HowAsked,
    /// The store of the credential: it says what is revoked, and what is left of budgets
    #[arg(short, long, env = "PLACET_STORE", value_name = "DIR")]
    pub(crate) store: Option<PathBuf>,
    /// How long to wait for another process that has the store open
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = values::wait)]
    pub(crate) wait: Duration,
    #[command(flatten)]
    pub(crate) tokens: TokenArgs,
    /// The time, when it is not now
    #[arg(long, value_name = "TIME", value_parser = values::time)]
    pub(crate) at: Option<Time>,
}

/// What questions about whole policies have in common.
#[derive(Args)]
pub(crate) struct HowAsked {
    /// Only on behalf of this user, `in GROUP` for those of a group, or `none`
    #[arg(long = "for", value_name = "USER")]
    pub(crate) user: Option<String>,
    /// Show a request of each region, which the policy grants
    #[arg(long)]
    pub(crate) examples: bool,
    /// Give up on a call after so many steps
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    pub(crate) steps: u64,
    /// For people or for machines
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}
