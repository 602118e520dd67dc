//! `placet lsp`

use placet_lsp::{Connection, serve};

use crate::error::Error;
use crate::output::Ended;

/// Answers an editor until it says that it is done.
pub(crate) fn run() -> Result<Ended, Error> {
    let (connection, threads) = Connection::stdio();
    let served = serve(&connection).map_err(|error| error.to_string());
    // The threads end when nobody is left to write for.
    drop(connection);
    let told = threads.join().map_err(|error| error.to_string());
    served.and(told).map(|()| Ended::Fine).map_err(|why| {
        Error::refused(
            format!("the conversation with the editor ended: {why}"),
            Some("an editor starts `placet lsp` and talks to it; see docs/editors.md"),
        )
    })
}
