//! How far a long run is, for whoever wants to show it. Nothing here shows anything.

use std::fmt;
use std::sync::Arc;

/// What happens in a run. Several threads may tell of it at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'e> {
    /// So much will be done.
    Begins(usize),
    /// This is begun: the name of a test, or a change of a rule.
    Starts(&'e str),
    /// One more is done.
    Ends,
    /// Nothing more is done, even if not all was.
    Over,
}

type Told = dyn Fn(Event<'_>) + Send + Sync;

/// Who is told of the events of a run: nobody, unless somebody wants to.
#[derive(Clone, Default)]
pub struct Progress(Option<Arc<Told>>);

impl Progress {
    /// Tells everything to a function, which should be quick.
    pub fn to(told: impl Fn(Event<'_>) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(told)))
    }

    /// Tells whoever wants to know.
    pub fn tell(&self, event: Event<'_>) {
        if let Some(told) = &self.0 {
            told(event);
        }
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Some(_) => "Progress(told)",
            None => "Progress(nobody)",
        })
    }
}

/// Whether the same one is told.
impl PartialEq for Progress {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl Eq for Progress {}
