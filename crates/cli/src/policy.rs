//! The policy that a command is about: texts to check, or a compiled file to load.

use std::path::PathBuf;

use placet::syntax::ast::ItemKind;
use placet::syntax::{Code, Diagnostic};
use placet::{Checked, Policy};

use crate::error::Error;
use crate::{files, output, render};

/// The first bytes of every compiled policy.
const MAGIC: &[u8] = b"PLACETC";

/// What the paths of a policy hold.
pub(crate) enum Opened {
    /// A compiled policy.
    Compiled(Box<Policy>),
    /// Policy texts, checked.
    Texts(Box<Checked>),
}

impl Opened {
    /// The policy; `None` when its texts have errors.
    pub(crate) const fn policy(&self) -> Option<&Policy> {
        match self {
            Self::Compiled(policy) => Some(policy),
            Self::Texts(checked) => checked.policy.as_ref(),
        }
    }
}

/// A policy that can decide. Findings of a policy text go to standard error.
pub(crate) fn load(paths: &[PathBuf]) -> Result<Policy, Error> {
    of_texts(read(paths)?)
}

/// A policy of files that were read. Findings of policy texts go to standard error.
pub(crate) fn of_texts(texts: Vec<(PathBuf, Vec<u8>)>) -> Result<Policy, Error> {
    match opened(texts)? {
        Opened::Compiled(policy) => Ok(*policy),
        Opened::Texts(checked) => {
            output::findings(&render::diagnostics::text(
                &checked.sources,
                &checked.diagnostics,
            ));
            checked.policy.ok_or(Error::PolicyHasErrors)
        }
    }
}

/// A compiled policy, loaded, or texts, checked.
pub(crate) fn open(paths: &[PathBuf]) -> Result<Opened, Error> {
    opened(read(paths)?)
}

fn opened(mut texts: Vec<(PathBuf, Vec<u8>)>) -> Result<Opened, Error> {
    if let Some(at) = texts.iter().position(|(_, bytes)| is_compiled(bytes)) {
        let (path, bytes) = texts.swap_remove(at);
        if !texts.is_empty() {
            return Err(Error::CompiledAmongOthers(path));
        }
        return Policy::load(&bytes)
            .map(|policy| Opened::Compiled(Box::new(policy)))
            .map_err(|cause| Error::Load {
                path,
                cause: cause.to_string(),
            });
    }
    Ok(Opened::Texts(Box::new(checked(texts))))
}

fn read(paths: &[PathBuf]) -> Result<Vec<(PathBuf, Vec<u8>)>, Error> {
    files::policy_files(paths)?
        .into_iter()
        .map(|path| files::read(&path).map(|bytes| (path, bytes)))
        .collect()
}

fn checked(texts: Vec<(PathBuf, Vec<u8>)>) -> Checked {
    placet::check(
        texts
            .into_iter()
            .map(|(path, bytes)| (path.display().to_string(), bytes)),
    )
}

/// Whether texts declare tools and nothing that decides, without an error: then they are a part
/// that policies share. The `policy` block that they lack is those policies', and it is not told
/// as missing any more.
pub(crate) fn is_a_part(checked: &mut Checked) -> bool {
    let items = checked.files.iter().flat_map(|file| &file.items);
    let declares = |kind: &ItemKind| {
        matches!(
            kind,
            ItemKind::Tool(_) | ItemKind::Action(_) | ItemKind::Group(_)
        )
    };
    let part = items.clone().next().is_some()
        && items.map(|item| &item.node.kind).all(declares)
        && checked
            .files
            .iter()
            .all(|file| file.layer.is_none() && !file.recovered);
    if part {
        checked
            .diagnostics
            .retain(|found| found.code != Code::PL0701);
    }
    part && !checked.diagnostics.iter().any(Diagnostic::is_error)
}

/// Whether these are the bytes of a compiled policy.
pub(crate) fn is_compiled(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}
