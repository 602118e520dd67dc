//! Ids of credentials: random, and a child's begins with its parent's.

use std::fmt;

use smol_str::{SmolStr, format_smolstr};

/// The id of a credential.
///
/// The first of a chain has 128 random bits, `c-` and 26 letters and digits. A delegated
/// one is its parent's id, a full stop, and 64 random bits of its own, so that the id
/// alone tells the chain. An id is no secret: a credential works for its holder only, and
/// whoever calls the service vouches for who that is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CredentialId(SmolStr);

/// Small letters and digits without those that are read as another (RFC 4648 alphabet).
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const PREFIX: &str = "c-";

impl CredentialId {
    /// The id of the first credential of a chain.
    #[must_use]
    pub fn root(random: u128) -> Self {
        Self(format_smolstr!("{PREFIX}{}", letters(random, 26)))
    }

    /// The id of a credential that is delegated from this one.
    #[must_use]
    pub fn child(&self, random: u64) -> Self {
        Self(format_smolstr!("{}.{}", self.0, letters(random.into(), 13)))
    }

    /// Reads an id; `None` when the text is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix(PREFIX)?.split('.');
        let made_of = |part: &str, length: usize| {
            part.len() == length && part.bytes().all(|byte| ALPHABET.contains(&byte))
        };
        let whole = parts.next().is_some_and(|root| made_of(root, 26))
            && parts.all(|child| made_of(child, 13));
        whole.then(|| Self(SmolStr::new(text)))
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of the first credential of its chain.
    #[must_use]
    pub fn chain(&self) -> Self {
        match self.0.split_once('.') {
            Some((root, _)) => Self(root.into()),
            None => self.clone(),
        }
    }

    /// What it was delegated from.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (parent, _) = self.0.rsplit_once('.')?;
        Some(Self(parent.into()))
    }

    /// Whether this is `other`, or an ancestor of it.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        other
            .0
            .strip_prefix(self.0.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

impl fmt::Display for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The low bits of a number, five to a letter, the lowest first.
fn letters(mut random: u128, count: usize) -> String {
    let mut text = String::with_capacity(count);
    for _ in 0..count {
        let at = (random & 31) as usize;
        text.push(ALPHABET.get(at).copied().map_or('a', char::from));
        random >>= 5;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_its_chain() {
        let root = CredentialId::root(7);
        let child = root.child(u64::MAX);
        let grandchild = child.child(0);
        assert_eq!(grandchild.chain(), root);
        assert_eq!(grandchild.parent(), Some(child.clone()));
        assert_eq!(root.parent(), None);
        assert!(root.covers(&grandchild) && child.covers(&child));
        assert!(!child.covers(&root) && !child.covers(&root.child(1)));
        for id in [root, child, grandchild] {
            assert_eq!(CredentialId::parse(id.as_str()), Some(id));
        }
    }

    #[test]
    fn what_is_no_id_is_refused() {
        let long = "a".repeat(26);
        for text in [
            "",
            "c-",
            "c-a",
            &long,
            &format!("c-{long}."),
            &format!("c-{long}.aaaa"),
            &format!("c-{}", long.to_uppercase()),
            &format!("c-{long}/../x"),
        ] {
            assert_eq!(CredentialId::parse(text), None, "{text}");
        }
    }
}
