//! Why the work could not be done.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

/// An error that ends the program with exit code 2.
#[derive(Debug)]
pub(crate) enum Error {
    /// Something could not be read or written.
    Io {
        /// What was tried: `read`, `write`, `make`.
        tried: &'static str,
        /// With what.
        path: PathBuf,
        /// Why it failed.
        cause: io::Error,
    },
    /// A folder without policy files.
    NoPolicyFiles(PathBuf),
    /// A folder with neither policies nor documents.
    NothingToTest(PathBuf),
    /// Something that exists must not be overwritten.
    Exists(PathBuf),
    /// The policy has errors; they have been rendered.
    PolicyHasErrors,
    /// A compiled policy next to other policies.
    CompiledAmongOthers(PathBuf),
    /// A compiled policy where policy text is needed.
    CompiledNotText(PathBuf),
    /// A compiled policy cannot be used.
    Load {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// The only request is not JSON; it has been answered with an error decision.
    NotJson(String),
    /// There was no request at all.
    NoRequest(String),
    /// More than the one request that was asked for.
    SeveralRequests,
    /// The code is none of ours.
    UnknownCode {
        /// What was asked for.
        code: String,
        /// The closest that exists.
        closest: Option<String>,
    },
    /// The policy has no such layer.
    UnknownLayer {
        /// What was asked for.
        layer: String,
        /// Those that exist.
        known: Vec<String>,
    },
    /// There is no store, and this command makes none.
    NoStore(PathBuf),
    /// There are no such keys, and this command makes none.
    NoKeys(PathBuf),
    /// Something that is needed failed, and whoever asked is denied.
    Unavailable(String),
    /// Requests that were answered with a deny since something failed.
    Undecided {
        /// How many.
        count: usize,
        /// What failed last.
        why: String,
    },
    /// What was given cannot be used, with what to do about it.
    Refused {
        /// Why not.
        why: String,
        /// What to do.
        help: Option<String>,
    },
    /// Files that cannot be formatted since they do not parse.
    Unparsed(usize),
    /// Standard output is gone: nobody reads on.
    OutputClosed,
    /// Standard output failed.
    Output(io::Error),
}

impl Error {
    /// An I/O error with what was tried.
    pub(crate) fn io(tried: &'static str, path: &Path, cause: io::Error) -> Self {
        Self::Io {
            tried,
            path: path.to_owned(),
            cause,
        }
    }

    /// Something that was given and cannot be used.
    pub(crate) fn refused(why: impl Into<String>, help: Option<&str>) -> Self {
        Self::Refused {
            why: why.into(),
            help: help.map(ToOwned::to_owned),
        }
    }

    /// The store has no such credential.
    pub(crate) fn unknown_credential(id: &str) -> Self {
        Self::refused(
            format!("no credential `{id}` in this store"),
            Some("`placet credentials list` shows those that live, with `--all` all"),
        )
    }

    /// What to do about it.
    pub(crate) fn help(&self) -> Option<String> {
        match self {
            Self::NoPolicyFiles(_) => {
                Some("policy files end in `.placet`; `placet init` writes one to start from".into())
            }
            Self::NothingToTest(_) => {
                Some("policy files end in `.placet`, documents with policies in `.md`".into())
            }
            Self::Exists(_) => Some("choose another folder, or move the file away".into()),
            Self::CompiledAmongOthers(_) => Some(
                "build one compiled policy from all files: `placet build PATH… -o FILE.placetc`"
                    .into(),
            ),
            Self::CompiledNotText(_) => {
                Some("give the `.placet` files that it was built from".into())
            }
            Self::Load { .. } => Some(
                "build it again with this version: `placet build PATH… -o FILE.placetc`".into(),
            ),
            Self::NotJson(_) => {
                Some("a request is one JSON object, or a stream of them with one per line".into())
            }
            Self::SeveralRequests => Some("only one way is highlighted: give one request".into()),
            Self::UnknownCode { closest, .. } => Some(match closest {
                Some(code) => {
                    format!("did you mean `{code}`? `placet explain-code` lists all codes")
                }
                None => "`placet explain-code` lists all codes".into(),
            }),
            Self::UnknownLayer { known, .. } => Some(format!(
                "its layers are {}",
                known
                    .iter()
                    .map(|layer| format!("`{layer}`"))
                    .collect::<Vec<_>>()
                    .join(", ")
            )),
            Self::NoStore(_) => {
                Some("`placet issue` makes one; `--store` or PLACET_STORE says where it is".into())
            }
            Self::NoKeys(_) => {
                Some("`placet issue --token` and `placet keys jwks` make some".into())
            }
            Self::Refused { help, .. } => help.clone(),
            Self::Unparsed(_) => Some("`placet check` says what is wrong".into()),
            Self::Io { cause, .. } if cause.kind() == io::ErrorKind::NotFound => {
                Some("check the path; it is taken from the folder that you are in".into())
            }
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { tried, path, cause } => {
                write!(f, "cannot {tried} `{}`: {}", path.display(), reason(cause))
            }
            Self::NoPolicyFiles(path) => {
                write!(f, "no policy file in `{}`", path.display())
            }
            Self::NothingToTest(path) => {
                write!(f, "no policy file and no document in `{}`", path.display())
            }
            Self::Exists(path) => write!(f, "`{}` exists already", path.display()),
            Self::PolicyHasErrors => f.write_str("the policy has errors and cannot be used"),
            Self::CompiledAmongOthers(path) => write!(
                f,
                "the compiled policy `{}` is whole and takes nothing beside it",
                path.display()
            ),
            Self::CompiledNotText(path) => write!(
                f,
                "`{}` is a compiled policy, and policy text is needed here",
                path.display()
            ),
            Self::Load { path, cause } => {
                write!(f, "cannot load `{}`: {cause}", path.display())
            }
            Self::NotJson(why) => write!(f, "the request is {why}"),
            Self::NoRequest(place) => write!(f, "no request: {place} is empty"),
            Self::SeveralRequests => f.write_str("more than one request"),
            Self::UnknownCode { code, .. } => write!(f, "unknown diagnostic code `{code}`"),
            Self::UnknownLayer { layer, .. } => write!(f, "unknown layer `{layer}`"),
            Self::NoStore(path) => write!(f, "no store at `{}`", path.display()),
            Self::NoKeys(path) => write!(f, "no keys in `{}`", path.display()),
            Self::Unavailable(why) => f.write_str(why),
            Self::Undecided { count: 1, why } => write!(f, "nothing was decided: {why}"),
            Self::Undecided { count, why } => {
                write!(f, "{count} requests were not decided; the last one: {why}")
            }
            Self::Refused { why, .. } => f.write_str(why),
            Self::Unparsed(1) => f.write_str("1 file has syntax errors and was left alone"),
            Self::Unparsed(files) => {
                write!(f, "{files} files have syntax errors and were left alone")
            }
            Self::OutputClosed => f.write_str("nobody reads the output"),
            Self::Output(cause) => write!(f, "cannot write the output: {}", reason(cause)),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { cause, .. } | Self::Output(cause) => Some(cause),
            _ => None,
        }
    }
}

/// An error for machines: beside what was done, in the place where they look for it.
/// People read it on standard error.
#[derive(Serialize)]
pub(crate) struct Failure {
    error: String,
    help: Option<String>,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Self {
            error: error.to_string(),
            help: error.help(),
        }
    }
}

/// An I/O error in lower case and without the number of the operating system.
fn reason(cause: &io::Error) -> String {
    let text = cause.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => "unknown reason".to_owned(),
    }
}
