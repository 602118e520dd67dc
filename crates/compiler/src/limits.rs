//! What a policy set may at most be. Past a limit there is an error, never a slow answer.

/// The most rules of a policy set.
pub const RULES: usize = 200_000;

/// The most declarations of each other kind: facts, agents, groups, functions, histories,
/// lets, claims, tests.
pub const DECLARATIONS: usize = 100_000;

/// The most layers.
pub const LAYERS: usize = 64;

/// The most patterns of one rule, history or block of resource facts.
pub const PATTERNS: usize = 1_000;

/// The most names in one clause or list of members.
pub const NAMES: usize = 10_000;

/// The most conditions, and the most duties, of one rule.
pub const CLAUSES: usize = 1_000;

/// The most parts of all conditions of one rule, after its lets are expanded.
pub const EXPANSION: usize = 4_096;

/// The most levels of a condition, after its lets are expanded.
pub const DEPTH: u16 = 64;

/// The most fields of a record type, parameters of a function or members of an enum.
pub const FIELDS: usize = 1_000;

/// The most members of a list that is written in a policy.
pub const LIST: usize = 10_000;
