//! The `placet` program.

fn main() {}
