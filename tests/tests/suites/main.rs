//! The policies in `policies/`, driven as a host would drive them: a credential for each
//! task, then its calls, then what an attacker would have the agent call.
//!
//! `UPDATE_PAGES=1 cargo test -p placet-tests --test suites` writes the result table in
//! `policies/banking/README.md` anew.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a suite that is broken must stop the test"
)]

mod banking;
mod github;
mod suite;
