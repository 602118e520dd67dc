//! Text to tree with diagnostics, and tree to text.
