//! The limits on requests. Beyond any of them a request is `invalid-request`.

/// The longest request, in bytes: 64 MiB.
pub const MAX_INPUT_BYTES: usize = 64 << 20;

/// The deepest nesting of arrays and objects.
pub const MAX_DEPTH: usize = 64;

/// The most JSON values in one request, so that memory stays in proportion.
pub const MAX_VALUES: usize = 8_000_000;

/// The most groups of one agent, user or approver.
pub const MAX_GROUPS: usize = 10_000;

/// The most scopes asked for.
pub const MAX_SCOPES: usize = 1_000;

/// The most pairs of an action and a resource pattern, over all scopes asked for.
pub const MAX_SCOPE_PAIRS: usize = 10_000;

/// The most resources that come with facts.
pub const MAX_RESOURCES: usize = 10_000;

/// The most records, over all histories.
pub const MAX_RECORDS: usize = 100_000;

/// The most histories.
pub const MAX_HISTORIES: usize = 1_000;

/// The most rules whose spent budgets are told.
pub const MAX_BUDGETS: usize = 10_000;

/// The most consents, and the most approvals.
pub const MAX_ASSENTS: usize = 10_000;

/// The most credentials in a chain, the leaf included.
pub const MAX_CHAIN: usize = 16;

/// The most scopes of one credential.
pub const MAX_CREDENTIAL_SCOPES: usize = 100_000;
