//! All rules: one file each, with a descriptor and a check.
//!
//! A new one is a code in `placet_syntax`, a file here, a line in the table below, and a page
//! in `docs/lints`, which is its test.

use placet_syntax::Code;

use crate::descriptor::Rule;

mod attribution;
mod correctness;
mod dead_weight;
mod guardrails;
mod hygiene;
pub(crate) mod linting;
mod overscope;
mod standing_access;

/// Every rule, in the order of the codes.
pub static ALL: &[&Rule] = &[
    &overscope::any_tool::RULE,
    &overscope::any_action::RULE,
    &overscope::any_resource::RULE,
    &overscope::any_agent::RULE,
    &overscope::destructive_wildcard::RULE,
    &overscope::wide_pattern::RULE,
    &overscope::idle_condition::RULE,
    &overscope::some_of_list::RULE,
    &overscope::open_arguments::RULE,
    &standing_access::default_lifetime::RULE,
    &standing_access::long_lifetime::RULE,
    &standing_access::autonomous_change::RULE,
    &standing_access::deep_delegation::RULE,
    &standing_access::no_task::RULE,
    &attribution::agent_without_owner::RULE,
    &attribution::pool_account::RULE,
    &attribution::rule_without_owner::RULE,
    &attribution::unused_user::RULE,
    &guardrails::unguarded_destruction::RULE,
    &guardrails::sending_after_reading::RULE,
    &guardrails::unbounded_payment::RULE,
    &guardrails::scope_wide_consent::RULE,
    &dead_weight::dead_rule::RULE,
    &dead_weight::overshadowed_rule::RULE,
    &dead_weight::redundant_rule::RULE,
    &dead_weight::redundant_clause::RULE,
    &dead_weight::unused_declaration::RULE,
    &dead_weight::empty_group::RULE,
    &dead_weight::untested_rule::RULE,
    &correctness::never_defined::RULE,
    &correctness::impossible_comparison::RULE,
    &correctness::look_alike_name::RULE,
    &correctness::case_twins::RULE,
    &correctness::pattern_matches_nothing::RULE,
    &correctness::lost_argument::RULE,
    &hygiene::naming::RULE,
    &hygiene::missing_doc::RULE,
    &hygiene::clause_order::RULE,
    &hygiene::roundabout_condition::RULE,
    &hygiene::duration_unit::RULE,
    &linting::allow_without_reason::RULE,
    &linting::unused_allow::RULE,
    &linting::unknown_allow::RULE,
];

/// The rule with a name or a code.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Rule> {
    ALL.iter()
        .copied()
        .find(|rule| rule.name == name || rule.code.as_str() == name)
}

/// The rule with a code.
#[must_use]
pub fn by_code(code: Code) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.code == code)
}
