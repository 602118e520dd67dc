//! The language server of Placet: what an editor asks about policies, over the Language
//! Server Protocol 3.17.
//!
//! [`serve`] answers on a connection until the editor ends it. It reads policy files below
//! the folders that the editor works on and writes none: changes are edits for the editor.

mod feature;
mod names;
mod server;
mod set;
mod workspace;

pub use lsp_server::Connection;
pub use server::{ServeError, serve};
