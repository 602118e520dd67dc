//! The commands that work on a store.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use placet::credential::audit::Known;
use placet::credential::id::CredentialId;
use placet::credential::keys::Algorithm;
use placet::model::value::Time;
use smol_str::SmolStr;

use super::values::{self, OnAuditFailure, Shown};
use super::{Format, InputArgs, PolicyArgs};

/// Who issues tokens where nothing else is said.
pub(super) const ISSUER: &str = "placet";

/// Where the store is.
#[derive(Args)]
pub(crate) struct StoreArgs {
    /// The folder of the store: credentials, audit and keys
    #[arg(short, long, env = "PLACET_STORE", value_name = "DIR")]
    pub(crate) store: PathBuf,
    /// How long to wait for another process that has the store open
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = values::wait)]
    pub(crate) wait: Duration,
}

/// A store in which something is done, and audited.
#[derive(Args)]
pub(crate) struct WriterArgs {
    #[command(flatten)]
    pub(crate) place: StoreArgs,
    /// What to do when the audit cannot be written: `deny`, `spill=DIR` (it goes on in another
    /// folder), or `continue` (the next record tells how many are missing)
    #[arg(
        long,
        value_name = "WHAT",
        default_value = "deny",
        value_parser = values::on_audit_failure
    )]
    pub(crate) on_audit_failure: OnAuditFailure,
}

/// How to issue.
#[derive(Args)]
pub(crate) struct IssueArgs {
    /// All that is asked for, or nothing
    #[arg(long)]
    pub(crate) exact: bool,
    /// Bind the credential to the holder's key, by its thumbprint (RFC 7638)
    #[arg(long, value_name = "THUMBPRINT", value_parser = values::thumbprint)]
    pub(crate) key: Option<SmolStr>,
    /// Print a signed token of it, too
    #[arg(long)]
    pub(crate) token: bool,
    /// Who issues the token
    #[arg(long, value_name = "URI", default_value = ISSUER)]
    pub(crate) issuer: String,
    /// For whom the token is; the audiences of its tools when absent, or else the issuer
    #[arg(long, value_name = "URI")]
    pub(crate) audience: Vec<String>,
}

#[derive(Args)]
pub(crate) struct Issue {
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    #[command(flatten)]
    pub(crate) store: WriterArgs,
    #[command(flatten)]
    pub(crate) input: InputArgs,
    #[command(flatten)]
    pub(crate) how: IssueArgs,
    /// For machines or for people
    #[arg(long, value_enum, default_value_t = Format::Json)]
    pub(crate) format: Format,
}

#[derive(Args)]
pub(crate) struct Delegate {
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    #[command(flatten)]
    pub(crate) store: WriterArgs,
    #[command(flatten)]
    pub(crate) input: InputArgs,
    #[command(flatten)]
    pub(crate) how: IssueArgs,
    /// What is delegated from: an id or a token; the request's `credential` when absent
    #[arg(long, value_name = "PARENT")]
    pub(crate) credential: Option<String>,
    /// Who delegates: the agent that holds the parent
    #[arg(long, value_name = "AGENT", value_parser = values::name)]
    pub(crate) holder: SmolStr,
    /// The key that the holder has proven to have, by its thumbprint (RFC 7638)
    #[arg(long, value_name = "THUMBPRINT", value_parser = values::thumbprint)]
    pub(crate) proven_key: Option<SmolStr>,
    /// For machines or for people
    #[arg(long, value_enum, default_value_t = Format::Json)]
    pub(crate) format: Format,
}

/// How to verify a token that this store has issued.
#[derive(Args)]
pub(crate) struct OwnTokenArgs {
    /// Who issued the token
    #[arg(long, value_name = "URI", default_value = ISSUER)]
    pub(crate) issuer: String,
    /// For whom the token may be, beside the audiences of the policy and the issuer
    #[arg(long, value_name = "URI")]
    pub(crate) audience: Vec<String>,
    /// The key that the caller has proven to have, by its thumbprint (RFC 7638)
    #[arg(long, value_name = "THUMBPRINT", value_parser = values::thumbprint)]
    pub(crate) proven_key: Option<SmolStr>,
}

#[derive(Args)]
pub(crate) struct Use {
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    #[command(flatten)]
    pub(crate) store: WriterArgs,
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// Under which credential: an id or a token; the request's `credential` when absent
    #[arg(long, value_name = "ID|TOKEN")]
    pub(crate) credential: Option<String>,
    /// Settle a granted call at once, for a caller that will not come back
    #[arg(long, value_enum, value_name = "HOW")]
    pub(crate) settle: Option<How>,
    #[command(flatten)]
    pub(crate) tokens: OwnTokenArgs,
    /// For machines or for people
    #[arg(long, value_enum, default_value_t = Format::Json)]
    pub(crate) format: Format,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum How {
    /// It was made
    Ok,
    /// It was not, or in vain: what it charged is given back
    Failed,
}

#[derive(Args)]
pub(crate) struct Settle {
    /// The number of the call
    #[arg(value_name = "SEQ")]
    pub(crate) seq: i64,
    /// How it ended
    #[arg(value_enum, value_name = "HOW")]
    pub(crate) how: How,
    /// What the tool returned, a JSON object; `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) result: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    #[command(flatten)]
    pub(crate) store: WriterArgs,
    /// The time, when it is not now
    #[arg(long, value_name = "TIME", value_parser = values::time)]
    pub(crate) at: Option<Time>,
    /// For people or for machines
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Args)]
pub(crate) struct Consent {
    /// The decision that asks, or its `obligations.ask`; standard input when absent or `-`
    #[arg(value_name = "DECISION", conflicts_with = "scope")]
    pub(crate) decision: Option<PathBuf>,
    /// Who gives it. Whoever runs this vouches for that
    #[arg(long, value_name = "WHO", value_parser = values::name)]
    pub(crate) by: SmolStr,
    /// The groups that WHO is in, for groups whose members come with requests
    #[arg(long, value_name = "GROUP", value_delimiter = ',', value_parser = values::name)]
    pub(crate) groups: Option<Vec<SmolStr>>,
    /// Until when it counts (exclusive); a day when absent
    #[arg(long, value_name = "TIME", value_parser = values::time)]
    pub(crate) until: Option<Time>,
    /// Record one beforehand, to what this scope says
    #[arg(
        long,
        num_args = 3,
        value_names = ["TOOL", "ACTION", "RESOURCE"],
        requires = "agent",
    )]
    pub(crate) scope: Option<Vec<String>>,
    /// To which agent (with `--scope`)
    #[arg(long, value_name = "AGENT", value_parser = values::name, requires = "scope")]
    pub(crate) agent: Option<SmolStr>,
    /// Acting for which user (with `--scope`)
    #[arg(long, value_name = "USER", value_parser = values::name, requires = "scope")]
    pub(crate) user: Option<SmolStr>,
    /// In which task (with `--scope`)
    #[arg(long, value_name = "TASK", value_parser = values::name, requires = "scope")]
    pub(crate) task: Option<SmolStr>,
    /// It is an approval, by somebody else than the user (with `--scope`)
    #[arg(long, requires = "scope")]
    pub(crate) approval: bool,
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    #[command(flatten)]
    pub(crate) store: WriterArgs,
    /// The time, when it is not now
    #[arg(long, value_name = "TIME", value_parser = values::time)]
    pub(crate) at: Option<Time>,
    /// For people or for machines
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Args)]
pub(crate) struct Revoke {
    #[command(flatten)]
    pub(crate) what: RevokeWhat,
    /// Who revokes
    #[arg(long, value_name = "WHO", value_parser = values::name)]
    pub(crate) by: SmolStr,
    /// Why
    #[arg(long, value_name = "TEXT", value_parser = values::reason)]
    pub(crate) reason: SmolStr,
    #[command(flatten)]
    pub(crate) store: WriterArgs,
    /// The time, when it is not now
    #[arg(long, value_name = "TIME", value_parser = values::time)]
    pub(crate) at: Option<Time>,
    /// For people or for machines
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// What ends.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct RevokeWhat {
    /// This credential and all that was delegated from it
    #[arg(long, value_name = "ID", value_parser = values::credential)]
    pub(crate) credential: Option<CredentialId>,
    /// The whole chain to which this credential belongs
    #[arg(long, value_name = "ID", value_parser = values::credential)]
    pub(crate) chain: Option<CredentialId>,
    /// All credentials of this task; none is issued for it again
    #[arg(long, value_name = "TASK", value_parser = values::name)]
    pub(crate) task: Option<SmolStr>,
    /// What this agent holds now, and what was delegated from that
    #[arg(long, value_name = "AGENT", value_parser = values::name)]
    pub(crate) agent: Option<SmolStr>,
    /// What acts for this user now
    #[arg(long, value_name = "USER", value_parser = values::name)]
    pub(crate) user: Option<SmolStr>,
    /// All that is issued under the policy with this digest, also later
    #[arg(long, value_name = "DIGEST", value_parser = values::digest)]
    pub(crate) policy_digest: Option<SmolStr>,
    /// All that was issued before this time
    #[arg(long, value_name = "TIME", value_parser = values::time)]
    pub(crate) issued_before: Option<Time>,
}

#[derive(Args)]
pub(crate) struct Credentials {
    #[command(subcommand)]
    pub(crate) command: CredentialsCommand,
}

#[derive(Subcommand)]
pub(crate) enum CredentialsCommand {
    /// Those that live, or all
    List(CredentialsList),
    /// All about one
    Show(CredentialsOne),
    /// The chain of one: who holds what, delegated from whom
    Tree(CredentialsOne),
}

#[derive(Args)]
pub(crate) struct CredentialsList {
    /// Held by this agent
    #[arg(long, value_name = "AGENT", value_parser = values::name)]
    pub(crate) agent: Option<SmolStr>,
    /// Acting for this user
    #[arg(long, value_name = "USER", value_parser = values::name)]
    pub(crate) user: Option<SmolStr>,
    /// For this task
    #[arg(long, value_name = "TASK", value_parser = values::name)]
    pub(crate) task: Option<SmolStr>,
    /// Those that have ended or are revoked, too
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) look: Look,
}

#[derive(Args)]
pub(crate) struct CredentialsOne {
    /// The id of the credential
    #[arg(value_name = "ID", value_parser = values::credential)]
    pub(crate) id: CredentialId,
    #[command(flatten)]
    pub(crate) look: Look,
}

/// How to look at a store.
#[derive(Args)]
pub(crate) struct Look {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// The time, when it is not now
    #[arg(long, value_name = "TIME", value_parser = values::time)]
    pub(crate) at: Option<Time>,
    /// For people or for machines
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Args)]
pub(crate) struct Keys {
    #[command(subcommand)]
    pub(crate) command: KeysCommand,
}

#[derive(Subcommand)]
pub(crate) enum KeysCommand {
    /// Which keys there are
    List(KeysArgs),
    /// From now on a new key signs; the private half of the old one is destroyed
    Rotate(KeysRotate),
    /// Print the public keys as a JWK set, to be published
    Jwks(KeysArgs),
    /// From now on no token verifies that this key has signed
    Retire(KeysRetire),
}

#[derive(Args)]
pub(crate) struct KeysArgs {
    /// What the keys sign
    #[arg(long, value_enum, default_value_t = Purpose::Tokens)]
    pub(crate) purpose: Purpose,
    /// The folder of the store
    #[arg(short, long, env = "PLACET_STORE", value_name = "DIR")]
    pub(crate) store: PathBuf,
    /// For people or for machines
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Args)]
pub(crate) struct KeysRotate {
    #[command(flatten)]
    pub(crate) keys: KeysArgs,
    /// How the new key signs; as the old one when absent. The audit is signed with EdDSA
    #[arg(long, value_enum)]
    pub(crate) algorithm: Option<Signs>,
}

#[derive(Args)]
pub(crate) struct KeysRetire {
    /// The id of the key, which must not sign any more
    #[arg(value_name = "KID", value_parser = values::thumbprint, allow_hyphen_values = true)]
    pub(crate) kid: SmolStr,
    /// The folder of the store
    #[arg(short, long, env = "PLACET_STORE", value_name = "DIR")]
    pub(crate) store: PathBuf,
}

/// What keys sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Purpose {
    /// Tokens of credentials
    Tokens,
    /// The audit
    Audit,
}

/// How a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Signs {
    /// Ed25519
    #[value(name = "EdDSA", alias = "eddsa")]
    EdDsa,
    /// ECDSA with P-256
    #[value(name = "ES256", alias = "es256")]
    Es256,
}

impl From<Signs> for Algorithm {
    fn from(signs: Signs) -> Self {
        match signs {
            Signs::EdDsa => Self::EdDsa,
            Signs::Es256 => Self::Es256,
        }
    }
}

#[derive(Args)]
pub(crate) struct Audit {
    #[command(subcommand)]
    pub(crate) command: AuditCommand,
}

#[derive(Subcommand)]
pub(crate) enum AuditCommand {
    /// Check every byte, the order and the signatures; say what was changed, and where
    Verify(AuditVerify),
    /// Search the records: who acted for whom
    Query(AuditQuery),
    /// Show one record, or what became of one credential and all that was delegated from it
    Show(AuditShow),
}

/// Where an audit is.
#[derive(Args)]
pub(crate) struct AuditPlace {
    /// The folder of the store
    #[arg(short, long, env = "PLACET_STORE", value_name = "DIR")]
    pub(crate) store: PathBuf,
    /// The folder to which it has spilled
    #[arg(long, value_name = "DIR")]
    pub(crate) spill: Option<PathBuf>,
    /// For people or for machines
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Args)]
pub(crate) struct AuditVerify {
    #[command(flatten)]
    pub(crate) place: AuditPlace,
    /// The only keys that count, a JWK set kept elsewhere; those of the store when absent,
    /// which whoever can change the store can change, too
    #[arg(long, value_name = "JWKS")]
    pub(crate) keys: Option<PathBuf>,
    /// A record that must be in it, as `SEQ:HASH`: the end that was seen the last time
    #[arg(long, value_name = "SEQ:HASH", value_parser = values::known)]
    pub(crate) expect_head: Option<Known>,
}

#[derive(Args)]
pub(crate) struct AuditQuery {
    #[command(flatten)]
    pub(crate) place: AuditPlace,
    /// About this user
    #[arg(long, value_name = "USER", value_parser = values::name)]
    pub(crate) user: Option<SmolStr>,
    /// About this agent: it acted, holds, delegated or was revoked
    #[arg(long, value_name = "AGENT", value_parser = values::name)]
    pub(crate) agent: Option<SmolStr>,
    /// About this task
    #[arg(long, value_name = "TASK", value_parser = values::name)]
    pub(crate) task: Option<SmolStr>,
    /// About this credential
    #[arg(long, value_name = "ID", value_parser = values::credential)]
    pub(crate) credential: Option<CredentialId>,
    /// About this credential, or any that was delegated from it
    #[arg(long, value_name = "ID", value_parser = values::credential)]
    pub(crate) under: Option<CredentialId>,
    /// Of this event
    #[arg(long, value_name = "EVENT", value_parser = EVENTS)]
    pub(crate) event: Option<String>,
    /// So decided
    #[arg(long, value_enum)]
    pub(crate) decision: Option<Decided>,
    /// For this reason
    #[arg(long, value_name = "REASON", value_parser = values::denial)]
    pub(crate) reason: Option<SmolStr>,
    /// Calls of this tool or one below it
    #[arg(long, value_name = "TOOL", value_parser = values::name)]
    pub(crate) tool: Option<SmolStr>,
    /// From this time on
    #[arg(long, value_name = "TIME", value_parser = values::time)]
    pub(crate) since: Option<Time>,
    /// Before this time
    #[arg(long, value_name = "TIME", value_parser = values::time)]
    pub(crate) until: Option<Time>,
}

/// What records are about; the last three are the audit's own.
const EVENTS: [&str; 10] = [
    "issue",
    "delegate",
    "call",
    "settle",
    "revoke",
    "consent",
    "approve",
    "checkpoint",
    "move",
    "recover",
];

/// How a request was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Decided {
    /// Granted
    Grant,
    /// Denied
    Deny,
}

#[derive(Args)]
pub(crate) struct AuditShow {
    #[command(flatten)]
    pub(crate) place: AuditPlace,
    /// The number of a record, or the id of a credential
    #[arg(value_name = "SEQ|ID", value_parser = values::shown)]
    pub(crate) what: Shown,
}
