//! What a policy set may at most be. Past a limit there is an error, never a slow answer.

/// The most rules of a policy set.
pub const RULES: usize = 200_000;

/// The most histories.
pub const HISTORIES: usize = 1_000;

/// The most declarations of each other kind: facts, agents, groups, functions, lets,
/// claims, tests.
pub const DECLARATIONS: usize = 100_000;

/// The most layers.
pub const LAYERS: usize = placet_model::compiled::validate::MAX_LAYERS;

/// The most patterns of one rule or history, and of all facts of resources.
pub const PATTERNS: usize = 1_000;

/// The most names in one clause or list of members.
pub const NAMES: usize = 10_000;

/// The most memberships of groups in groups, and of actions in groups, that nesting makes.
pub const NESTED: usize = 1_000_000;

/// The most functions that all `tool` clauses cover together.
pub const COVERED: usize = 10_000_000;

/// The most functions whose calls all histories hold together.
pub const HISTORY_FUNCTIONS: usize = 1_000_000;

/// The most findings about a policy set; the rest is left out with a note.
pub const DIAGNOSTICS: usize = 1_000;

/// The most conditions, and the most duties, of one rule.
pub const CLAUSES: usize = 1_000;

/// The most parts of all conditions of one rule, after its lets are expanded.
pub const EXPANSION: usize = 4_096;

/// The most parts of all conditions and lets of a policy set, lets expanded wherever they
/// are used.
pub const EXPANSION_TOTAL: usize = 20_000_000;

/// The most levels of a condition, after its lets are expanded.
pub const DEPTH: u16 = 64;

/// The most fields of a record type, parameters of a function or members of an enum.
pub const FIELDS: usize = 1_000;

/// The most rows of a test.
pub const ROWS: usize = 5_000;

/// The most bytes of the tests of a policy set that have rows, written out for each row.
pub const ROWS_WRITTEN_OUT: usize = 16 * 1024 * 1024;

/// The most members of a list that is written in a policy.
pub const LIST: usize = 10_000;
