//! What a policy file may at most be. Past a limit there is an error, never a slow answer.

/// The most bytes of a file: 4 MiB.
pub const FILE_BYTES: usize = 4 * 1024 * 1024;

/// The most levels of nesting in a condition, a type or a value. `grammar/placet.pest` has
/// the same number.
pub const NESTING: usize = 64;

/// The most bytes of a decoded string.
pub const STRING_BYTES: usize = 64 * 1024;

/// The most segments of a pattern or template.
pub const SEGMENTS: usize = 64;

/// The most diagnostics for one file; the rest is left out with a note.
pub const DIAGNOSTICS: usize = 100;
