//! The program `placet`.

fn main() -> std::process::ExitCode {
    placet_cli::main()
}
