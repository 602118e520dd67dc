//! `placet explain-code`

use placet::syntax::Code;
use placet_lint::rules;

use crate::args::ExplainCode;
use crate::error::Error;
use crate::output::{Ended, Output};

/// The pages of `docs/codes` and `docs/lints` by code, sorted.
const PAGES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// Prints the page of a code, or all codes.
pub(crate) fn run(args: &ExplainCode) -> Result<Ended, Error> {
    let mut out = Output::new();
    match &args.code {
        Some(text) => {
            let lint = rules::by_name(text).map(|rule| rule.code);
            let code = lint.or_else(|| text.parse().ok());
            let code: Code = code.ok_or_else(|| Error::UnknownCode {
                code: text.clone(),
                closest: closest(text),
            })?;
            out.write(&page(code))?;
        }
        None => {
            for code in Code::ALL {
                let title = code.title();
                out.line(&match rules::by_code(*code) {
                    Some(rule) => format!("{code}  {}: {title}", rule.name),
                    None => format!("{code}  {title}"),
                })?;
            }
        }
    }
    out.flush()?;
    Ok(Ended::Fine)
}

/// The page without what it says to `placet test`.
fn page(code: Code) -> String {
    let page = PAGES
        .binary_search_by_key(&code.as_str(), |(name, _)| name)
        .ok()
        .and_then(|at| PAGES.get(at));
    match page {
        Some((_, text)) => {
            let mut parts = text.split("<!-- placet with README.md -->\n\n");
            let first = parts.next().unwrap_or_default().to_owned();
            parts.fold(first, |shown, part| shown + part)
        }
        None => format!("# {code}: {}\n", code.title()),
    }
}

/// The code that is nearest to a text that is none.
fn closest(text: &str) -> Option<String> {
    let name = placet::json::closest(text, rules::ALL.iter().map(|rule| rule.name));
    if let Some(name) = name {
        return Some(name.to_owned());
    }
    let text = text.to_ascii_uppercase();
    Code::ALL
        .iter()
        .map(|code| (strsim::damerau_levenshtein(&text, code.as_str()), code))
        .min()
        .filter(|(distance, _)| *distance <= 2)
        .map(|(_, code)| code.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_the_code_that_was_meant() {
        assert_eq!(closest("pl001").as_deref(), Some("PL0001"));
        assert_eq!(closest("E0308"), None);
        assert_eq!(closest("any-tol").as_deref(), Some("any-tool"));
    }
}
