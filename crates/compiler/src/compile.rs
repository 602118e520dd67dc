//! Trees to a compiled policy: check, then lower.

use placet_model::compiled::Compiled;
use placet_syntax::{Diagnostic, Sources, ast};

use crate::check::{Places, check};
use crate::claim::Claims;
use crate::lower::lower;
use crate::scenario::Scenario;

/// What compiling a policy set gives.
#[derive(Clone, Debug)]
pub struct Compilation {
    /// The policy with its graphs; `None` when there is an error.
    pub compiled: Option<Compiled>,
    /// The claims; none when there is an error.
    pub claims: Claims,
    /// The tests; none when there is an error.
    pub scenarios: Vec<Scenario>,
    /// What checking found, by file and place; warnings leave a policy.
    pub diagnostics: Vec<Diagnostic>,
    /// Where everything in the policy stands.
    pub places: Places,
}

/// Compiles all files of a policy set, in any order. Errors that the parser found are not
/// repeated, but leave no policy.
pub fn compile(sources: &Sources, files: &[ast::File]) -> Compilation {
    let checked = check(sources, files);
    let compiled = checked.policy.map(|policy| {
        let graphs = lower(&policy);
        Compiled::new(policy, graphs)
    });
    Compilation {
        compiled,
        claims: checked.claims,
        scenarios: checked.scenarios,
        diagnostics: checked.diagnostics,
        places: checked.places,
    }
}
