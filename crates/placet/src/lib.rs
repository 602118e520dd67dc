//! The policy engine that decides what an AI agent may do.
