//! The saved form: magic, version, policy, checksum.

use postcard::ser_flavors::Flavor;
use sha2::{Digest, Sha256};

use super::validate::Invalid;
use crate::policy::Policy;

/// The version of the saved form that this version reads and writes. It changes with the
/// types that are saved.
pub const FORMAT: u32 = 3;

const MAGIC: &[u8; 7] = b"PLACETC";
const CHECKSUM: usize = 32;

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
    /// The policy is not in the form in which it is saved.
    #[error("the policy in this compiled policy cannot be read")]
    Encoding,
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

/// The canonical bytes of a policy.
#[expect(
    clippy::expect_used,
    reason = "postcard fails only on types that need lengths ahead, which these are not, \
              and an empty digest would be worse than stopping the compiler"
)]
pub(super) fn encode(policy: &Policy) -> Vec<u8> {
    postcard::to_stdvec(policy).expect("every part of a policy can be saved")
}

/// Reads a policy. Other bytes than [`encode`] would give for it are an error, so that
/// equal policies have equal digests.
pub(super) fn decode(bytes: &[u8]) -> Result<Policy, LoadError> {
    let kind = LoadErrorKind::Encoding;
    let mut policy = postcard::from_bytes::<Policy>(bytes).map_err(|source| LoadError {
        kind: kind.clone(),
        source: Some(Box::new(source)),
    })?;
    // Long lists were read without trust in the length that they claim, and so with room
    // for as much again.
    policy.rules.shrink_to_fit();
    policy.agents.shrink_to_fit();
    policy.patterns.shrink_to_fit();
    policy.exprs.shrink_to_fit();
    match postcard::serialize_with_flavor(&policy, Same(bytes)) {
        Ok(true) => Ok(policy),
        _ => Err(kind.alone()),
    }
}

/// What is still to come of the bytes that an encoding should be.
struct Same<'a>(&'a [u8]);

impl Flavor for Same<'_> {
    /// Whether all of them came.
    type Output = bool;

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.try_extend(&[byte])
    }

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0 = self
            .0
            .strip_prefix(bytes)
            .ok_or(postcard::Error::SerializeBufferFull)?;
        Ok(())
    }

    fn finalize(self) -> postcard::Result<bool> {
        Ok(self.0.is_empty())
    }
}

pub(super) fn save(policy: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(policy.len() + 64);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&FORMAT.to_le_bytes());
    bytes.extend_from_slice(&(policy.len() as u64).to_le_bytes());
    bytes.extend_from_slice(policy);
    bytes.extend_from_slice(&Sha256::digest(policy));
    bytes
}

/// Takes saved bytes apart, to the policy and its checksum, and checks that they are what
/// was saved.
pub(super) fn open(bytes: &[u8]) -> Result<(&[u8], &[u8]), LoadError> {
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
    let (version, after) = after.split_first_chunk().ok_or_else(length)?;
    let found = u32::from_le_bytes(*version);
    // Before the checksum: another version may have another one.
    if found != FORMAT {
        return Err(LoadErrorKind::Version { found }.alone());
    }
    let (said, after) = after.split_first_chunk().ok_or_else(length)?;
    let (policy, checksum) = after.split_last_chunk::<CHECKSUM>().ok_or_else(length)?;
    if u64::from_le_bytes(*said) != policy.len() as u64 {
        return Err(length());
    }
    if Sha256::digest(policy).as_slice() != checksum {
        return Err(LoadErrorKind::Checksum.alone());
    }
    Ok((policy, checksum))
}
