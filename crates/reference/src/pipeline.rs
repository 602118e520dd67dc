//! Text to compiled policy, as the program does it.

use placet_compiler::compile as compile_trees;
use placet_model::compiled::Compiled;
use placet_syntax::{Source, Sources, parse};

use crate::generate::File;

/// Compiles generated files.
///
/// # Errors
///
/// The diagnostics, one a line.
pub fn compile(files: &[File]) -> Result<Compiled, String> {
    let mut sources = Sources::default();
    let mut trees = vec![];
    let mut problems = vec![];
    for file in files {
        let source = Source::new(file.name.clone(), file.text());
        let id = sources.add(source.clone());
        let parsed = parse(id, &source);
        problems.extend(parsed.diagnostics);
        trees.push(parsed.file);
    }
    let done = compile_trees(&sources, &trees);
    problems.extend(done.diagnostics);
    match done.compiled {
        Some(compiled) if !problems.iter().any(placet_syntax::Diagnostic::is_error) => Ok(compiled),
        _ => Err(problems
            .iter()
            .filter(|problem| problem.is_error())
            .map(|problem| {
                let label = problem.primary();
                let place = label
                    .and_then(|label| Some((label, sources.get(label.file)?)))
                    .map(|(label, source)| source.slice(label.span).to_owned());
                format!(
                    "{} {}: {}",
                    problem.code,
                    problem.message,
                    place.unwrap_or_default()
                )
            })
            .collect::<Vec<_>>()
            .join("\n")),
    }
}
