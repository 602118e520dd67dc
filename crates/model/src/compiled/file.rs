//! The saved form: magic, version, sections, checksum.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::validate::Invalid;

/// The version of the saved form that this version reads and writes. It changes with the
/// types that are saved, and with what graphs have to be ([`graph`](crate::graph)).
pub const FORMAT: u32 = 2;

const MAGIC: &[u8; 7] = b"PLACETC";
const CHECKSUM: usize = 32;
const POLICY: u8 = 1;
const GRAPHS: u8 = 2;

/// The sections of a saved policy.
pub(super) struct Sections<'a> {
    pub(super) policy: &'a [u8],
    pub(super) graphs: &'a [u8],
}

/// Why bytes are not a compiled policy.
#[derive(Debug, thiserror::Error)]
#[error("{kind}")]
pub struct LoadError {
    /// What is wrong.
    pub kind: LoadErrorKind,
    /// What brought it about.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What can be wrong with a saved policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadErrorKind {
    /// It does not begin as compiled policies do.
    #[error("this is not a compiled policy")]
    Magic,
    /// It is of another version of the saved form.
    #[error(
        "this compiled policy has format {found}, and this version reads format {FORMAT}: \
         build it again from its sources"
    )]
    Version {
        /// The version it says it has.
        found: u32,
    },
    /// It ends too early, or goes on after its end.
    #[error("this compiled policy is cut short or has bytes too many")]
    Length,
    /// It is not what was saved.
    #[error("this compiled policy was changed after it was saved: its checksum is wrong")]
    Checksum,
    /// A section is not in the form in which it is saved.
    #[error("the {section} of this compiled policy cannot be read")]
    Encoding {
        /// `policy` or `graphs`.
        section: &'static str,
    },
    /// It says what no compiler would have saved.
    #[error("this compiled policy is not valid")]
    Invalid,
}

impl LoadErrorKind {
    const fn alone(self) -> LoadError {
        LoadError {
            kind: self,
            source: None,
        }
    }
}

impl From<Invalid> for LoadError {
    fn from(invalid: Invalid) -> Self {
        Self {
            kind: LoadErrorKind::Invalid,
            source: Some(Box::new(invalid)),
        }
    }
}

/// The canonical bytes of a part.
#[expect(
    clippy::expect_used,
    reason = "postcard fails only on types that need lengths ahead, which these are not, \
              and an empty digest would be worse than stopping the compiler"
)]
pub(super) fn encode<T: Serialize + ?Sized>(part: &T) -> Vec<u8> {
    postcard::to_stdvec(part).expect("every part of a policy can be saved")
}

/// Reads a part. Other bytes than [`encode`] would give for it are an error, so that
/// equal policies have equal digests.
pub(super) fn decode<T: Serialize + DeserializeOwned>(
    bytes: &[u8],
    section: &'static str,
) -> Result<T, LoadError> {
    let kind = LoadErrorKind::Encoding { section };
    match postcard::from_bytes::<T>(bytes) {
        Ok(part) if encode(&part) == bytes => Ok(part),
        Ok(_) => Err(kind.alone()),
        Err(source) => Err(LoadError {
            kind,
            source: Some(Box::new(source)),
        }),
    }
}

pub(super) fn save(policy: &[u8], graphs: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(policy.len() + graphs.len() + 64);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&FORMAT.to_le_bytes());
    for (tag, section) in [(POLICY, policy), (GRAPHS, graphs)] {
        bytes.push(tag);
        bytes.extend_from_slice(&(section.len() as u64).to_le_bytes());
        bytes.extend_from_slice(section);
    }
    let checksum = Sha256::digest(&bytes);
    bytes.extend_from_slice(&checksum);
    bytes
}

/// Takes saved bytes apart and checks that they are what was saved.
pub(super) fn open(bytes: &[u8]) -> Result<Sections<'_>, LoadError> {
    let length = || LoadErrorKind::Length.alone();
    let Some(after) = bytes.strip_prefix(MAGIC) else {
        // What is cut short within the magic is cut short.
        let kind = if MAGIC.starts_with(bytes) {
            LoadErrorKind::Length
        } else {
            LoadErrorKind::Magic
        };
        return Err(kind.alone());
    };
    let (version, _) = after.split_first_chunk().ok_or_else(length)?;
    let found = u32::from_le_bytes(*version);
    // Before the checksum: another version may have another one.
    if found != FORMAT {
        return Err(LoadErrorKind::Version { found }.alone());
    }
    let (content, checksum) = bytes.split_last_chunk::<CHECKSUM>().ok_or_else(length)?;
    let rest = content
        .get(MAGIC.len() + size_of::<u32>()..)
        .ok_or_else(length)?;
    let (policy, rest) = section(POLICY, rest).ok_or_else(length)?;
    let (graphs, rest) = section(GRAPHS, rest).ok_or_else(length)?;
    if !rest.is_empty() {
        return Err(length());
    }
    if Sha256::digest(content).as_slice() != checksum {
        return Err(LoadErrorKind::Checksum.alone());
    }
    Ok(Sections { policy, graphs })
}

fn section(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, bytes) = bytes.split_first()?;
    let (length, bytes) = bytes.split_first_chunk()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    (*found == tag).then(|| bytes.split_at_checked(length))?
}
