//! The credentials that are kept at hand.

use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;

use crate::id::CredentialId;
use crate::store::Held;

/// How much a credential may have in it, scopes and assents of its whole chain, for as many
/// to be at hand as were chosen. Of larger ones there are fewer: how large they are, agents
/// have a say in.
const USUAL: usize = 32;

/// Credentials, those used last.
pub(super) struct Hand {
    held: LruCache<CredentialId, Arc<Held>>,
    /// How much is in all of them, and how much may be.
    filled: usize,
    room: usize,
}

impl Hand {
    pub(super) fn new(count: NonZeroUsize) -> Self {
        Self {
            held: LruCache::new(count),
            filled: 0,
            room: count.get().saturating_mul(USUAL),
        }
    }

    pub(super) fn get(&mut self, id: &CredentialId) -> Option<Arc<Held>> {
        self.held.get(id).cloned()
    }

    pub(super) fn put(&mut self, held: &Arc<Held>) {
        // It never changes.
        if self.held.get(&held.id).is_some() {
            return;
        }
        self.filled = self.filled.saturating_add(size(held));
        let mut gone = self.held.push(held.id.clone(), Arc::clone(held));
        loop {
            if let Some((_, gone)) = gone {
                self.filled = self.filled.saturating_sub(size(&gone));
            }
            if self.filled <= self.room {
                break;
            }
            gone = self.held.pop_lru();
        }
    }
}

/// How much is in a credential.
fn size(held: &Held) -> usize {
    std::iter::successors(Some(&held.credential), |link| link.parent.as_deref())
        .map(|link| 1 + link.scopes.len() + link.consents.len() + link.approvals.len())
        .sum()
}

#[cfg(test)]
mod tests {
    use placet_model::credential::{Credential, Scope};
    use placet_model::request::Principal;
    use placet_model::value::Time;

    use super::*;
    use crate::revocation::Epoch;

    fn held(number: u128, scopes: usize) -> Arc<Held> {
        let scope = Scope {
            tool: "t".into(),
            action: "a".into(),
            resource: "**".into(),
            except: Vec::new(),
            rules: Vec::new(),
            not_after: Time(1),
            delegate: 0,
            residual: Vec::new(),
        };
        let id = CredentialId::root(number);
        Arc::new(Held {
            credential: Credential {
                id: Some(id.as_str().into()),
                agent: Principal {
                    id: "clerk".into(),
                    groups: None,
                    facts: Vec::new(),
                },
                user: None,
                task: None,
                context: Vec::new(),
                issued: Time(0),
                not_after: Time(1),
                policy: "p".into(),
                scopes: vec![scope; scopes],
                consents: Vec::new(),
                approvals: Vec::new(),
                parent: None,
            },
            id,
            epoch: Epoch(0),
            key: None,
        })
    }

    #[test]
    fn large_credentials_take_the_room_of_several() {
        let mut hand = Hand::new(NonZeroUsize::MIN.saturating_add(3));
        let there = |hand: &mut Hand| -> Vec<u128> {
            let ids = 0..10_u128;
            ids.filter(|n| hand.get(&CredentialId::root(*n)).is_some())
                .collect()
        };
        for number in 0..5 {
            hand.put(&held(number, 1));
            hand.put(&held(number, 1));
        }
        assert_eq!((there(&mut hand), hand.filled), (vec![1, 2, 3, 4], 8));
        hand.put(&held(5, 4 * USUAL - 6));
        assert_eq!(there(&mut hand), [3, 4, 5]);
        // What has no room at all is not kept.
        hand.put(&held(6, 4 * USUAL));
        assert_eq!((there(&mut hand), hand.filled), (vec![], 0));
    }
}
