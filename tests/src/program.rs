//! The program `placet` once more, built with this package: tests that run it are never
//! handed an old one.

fn main() -> std::process::ExitCode {
    placet_cli::main()
}
