//! How often the store is asked: once at most, and not at all for what it has told before.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use placet_credential::revocation::{Epoch, Revocation, Revoked};
use placet_credential::service::Error;
use placet_credential::store::{
    Ask, Filter, Held, Memory, State, Store, StoreError, Write, Written,
};
use placet_model::decision::Reason;

use crate::support::{BANK, World, calling};

/// Counts transactions; it can be made to answer no more.
#[derive(Default)]
struct Watched {
    store: Memory,
    asked: AtomicUsize,
    slow: std::sync::atomic::AtomicBool,
}

impl Watched {
    fn answer(&self) -> Result<(), StoreError> {
        match self.slow.load(Ordering::SeqCst) {
            true => Err(StoreError::Slow(std::time::Duration::from_secs(2))),
            false => Ok(()),
        }
    }
}

impl Store for Watched {
    fn epoch(&self) -> Result<Epoch, StoreError> {
        self.answer()?;
        self.store.epoch()
    }

    fn transact(
        &self,
        ask: &Ask<'_>,
        decide: &mut dyn FnMut(&State) -> Vec<Write>,
    ) -> Result<Written, StoreError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.answer()?;
        self.store.transact(ask, decide)
    }

    fn credentials(&self, filter: &Filter) -> Result<Vec<Held>, StoreError> {
        self.answer()?;
        self.store.credentials(filter)
    }
}

const READ: &str = r#"{"account":"ana/1"}"#;
const PAY: &str = r#"{"to":"ana/1","amount":1}"#;

#[test]
fn the_store_is_asked_once_at_most() {
    let store = Arc::new(Watched::default());
    let world = World::with(BANK, store.clone());
    let id = world.credential("clerk", "bank any account/**");
    let asked = |tool: &str, args: &str, expected: Reason| {
        let before = store.asked.load(Ordering::SeqCst);
        assert_eq!(world.call(&id, "clerk", tool, args), expected);
        store.asked.load(Ordering::SeqCst) - before
    };
    // It was issued here, and nobody has revoked anything since.
    assert_eq!(asked("bank.balance", READ, Reason::Granted), 0);
    assert_eq!(asked("bank.nothing", "{}", Reason::UnknownTool), 0);
    assert_eq!(asked("bank.pay", PAY, Reason::Granted), 1);
    let revocation = Revocation {
        of: Revoked::Task("another".into()),
        by: "ops".into(),
        reason: "drill".into(),
        time: world.now,
    };
    // Somebody else revokes something else, on the same store.
    let write = &mut |_: &State| vec![Write::Revocation(revocation.clone())];
    store.store.transact(&Ask::default(), write).unwrap();
    assert_eq!(asked("bank.balance", READ, Reason::Granted), 1);
    assert_eq!(asked("bank.balance", READ, Reason::Granted), 0);
    // And now this.
    let write = &mut |_: &State| {
        vec![Write::Revocation(Revocation {
            of: Revoked::Credential(id.clone()),
            ..revocation.clone()
        })]
    };
    store.store.transact(&Ask::default(), write).unwrap();
    assert_eq!(asked("bank.balance", READ, Reason::Revoked), 1);
    assert_eq!(asked("bank.balance", READ, Reason::Revoked), 0);
}

#[test]
fn a_store_that_does_not_answer_grants_nothing() {
    let store = Arc::new(Watched::default());
    let world = World::with(BANK, store.clone());
    let id = world.credential("clerk", "bank any account/**");
    store.slow.store(true, Ordering::SeqCst);
    for (tool, args) in [("bank.balance", READ), ("bank.pay", PAY)] {
        let answer = world
            .service
            .authorize(&id, calling("clerk", tool, args), world.now);
        assert!(
            matches!(answer, Err(Error::Store(StoreError::Slow(_)))),
            "{answer:?}"
        );
    }
    store.slow.store(false, Ordering::SeqCst);
    assert_eq!(world.call(&id, "clerk", "bank.pay", PAY), Reason::Granted);
}
