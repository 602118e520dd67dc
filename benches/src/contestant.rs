//! What it takes to take part.

use crate::workload::{Request, Workload};

/// One who takes part.
pub struct Contestant {
    /// As tables and curves show it.
    pub name: &'static str,
    /// What is done with the rules, and what a prebuilt request is.
    pub form: &'static str,
    /// Where it takes part.
    pub how: How,
}

/// Where one takes part.
pub enum How {
    /// In this program: turns the rules into what decides.
    Here(fn(&Workload) -> Result<Box<dyn Loaded>, String>),
    /// In a program of its own, in the folder of this one: what cannot be built with the
    /// others. It measures itself, as [`crate::apart`] tells.
    Apart(&'static str),
}

/// Rules, ready to decide.
pub trait Loaded {
    /// Builds requests ahead, in the engine's own form.
    fn prebuild(&mut self, requests: &[Request]);

    /// What one thread needs to decide.
    fn session(&self) -> Box<dyn Session + '_>;

    /// The same, where several threads can decide with the same rules.
    fn shared(&self) -> Option<&(dyn Shared + '_)> {
        None
    }

    /// The bytes of the compiled form, and a way to load them; where there is one.
    fn saved(&self) -> Option<Saved> {
        None
    }
}

/// Rules that several threads can use.
pub trait Shared: Sync {
    /// What one of the threads needs to decide.
    fn session(&self) -> Box<dyn Session + '_>;
}

/// Decides on one thread.
pub trait Session {
    /// Decides a request that was built ahead.
    fn prebuilt(&mut self, at: usize) -> bool;

    /// Builds a request from strings and decides it.
    fn strings(&mut self, request: &Request) -> bool;
}

/// A compiled policy as bytes.
pub struct Saved {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Loads and checks them.
    pub load: fn(&[u8]),
}
