//! Who may do what: held to the engine over generated policies and real ones.

mod held;
mod stored;
