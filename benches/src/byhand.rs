//! Engines that are written by hand for the work: a prebuilt request is numbers.

use crate::contestant::{Loaded, Session, Shared};
use crate::workload::Request;

/// Decides a request in numbers.
pub trait ByHand: Sync {
    /// A request in numbers.
    type Asked: Sync;

    /// The numbers of a request.
    fn read(&self, request: &Request) -> Self::Asked;

    /// Whether it is granted.
    fn grants(&self, asked: &Self::Asked) -> bool;
}

/// An engine with the requests that were built ahead.
pub struct Ready<E: ByHand> {
    engine: E,
    asked: Vec<E::Asked>,
}

impl<E: ByHand> From<E> for Ready<E> {
    fn from(engine: E) -> Self {
        Self {
            engine,
            asked: Vec::new(),
        }
    }
}

impl<E: ByHand> Loaded for Ready<E> {
    fn prebuild(&mut self, requests: &[Request]) {
        let asked = requests.iter().map(|request| self.engine.read(request));
        self.asked = asked.collect();
    }

    fn session(&self) -> Box<dyn Session + '_> {
        Box::new(self)
    }

    fn shared(&self) -> Option<&(dyn Shared + '_)> {
        Some(self)
    }
}

impl<E: ByHand> Shared for Ready<E> {
    fn session(&self) -> Box<dyn Session + '_> {
        Box::new(self)
    }
}

impl<E: ByHand> Session for &Ready<E> {
    fn prebuilt(&mut self, at: usize) -> bool {
        self.engine.grants(&self.asked[at])
    }

    fn strings(&mut self, request: &Request) -> bool {
        self.engine.grants(&self.engine.read(request))
    }
}
