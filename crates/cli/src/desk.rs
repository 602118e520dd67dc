//! The store of a command: a folder with credentials, audit and keys.
//!
//! It is open while something is decided, and let go while the program waits for the next
//! request: a program that keeps `placet use --lines` running does not keep others from
//! revoking.

mod kept;
mod trail;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use placet::credential::audit::{Audit, Entry, Event};
use placet::credential::id::CredentialId;
use placet::credential::keys::{Algorithm, KeySet, Keyring};
use placet::credential::service::{self, Settings};
use placet::credential::store::{Charge, Filter, Held};
use placet::model::digest::asked_digest;
use placet::model::request::Asked;
use placet::model::value::Time;
use placet::{Decision, Engine, Policy, Reason, Request, Service};
use smol_str::SmolStr;

use crate::args::{StoreArgs, WriterArgs};
use crate::clock;
use crate::error::Error;
use kept::Kept;
use trail::Trail;

/// What lies where in a store.
#[derive(Clone, Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// A folder, whether or not there is a store in it.
    pub(crate) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// A store that must be there already: looking at one never makes one.
    pub(crate) fn existing(path: &Path) -> Result<Self, Error> {
        let folder = Self::new(path);
        if folder.file().is_file() {
            Ok(folder)
        } else {
            Err(Error::NoStore(path.to_owned()))
        }
    }

    fn file(&self) -> PathBuf {
        self.0.join("store.redb")
    }

    /// Where the audit is.
    pub(crate) fn audit(&self) -> PathBuf {
        self.0.join("audit")
    }

    /// Where the keys are that sign tokens.
    pub(crate) fn token_keys(&self) -> PathBuf {
        self.0.join("keys").join("tokens")
    }

    /// Where the keys are that sign the audit.
    pub(crate) fn audit_keys(&self) -> PathBuf {
        self.0.join("keys").join("audit")
    }

    /// Makes the folder and those above it, for their owner alone.
    pub(crate) fn make(&self) -> Result<(), Unavailable> {
        make_private(&self.0)
    }
}

/// Makes a folder that only its owner can look into.
fn make_private(path: &Path) -> Result<(), Unavailable> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(path)
        .map_err(|cause| Unavailable(Error::io("make", path, cause).to_string()))
}

/// Why there is no answer: whoever asked is denied.
#[derive(Debug)]
pub(crate) struct Unavailable(pub(crate) String);

impl<E: std::error::Error> From<E> for Unavailable {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl From<Unavailable> for Error {
    fn from(why: Unavailable) -> Self {
        Self::Unavailable(why.0)
    }
}

/// The time now, where no request tells it.
pub(crate) fn now(at: Option<Time>) -> Result<Time, Unavailable> {
    at.or_else(clock::now)
        .ok_or_else(|| Unavailable("the clock stands beyond what a time can be".to_owned()))
}

/// A store by itself: enough to see what it holds, and to revoke.
pub(crate) struct Ledger {
    folder: Folder,
    store: Arc<Kept>,
    trail: Arc<Trail>,
}

impl Ledger {
    /// A store to look at, which must exist.
    pub(crate) fn to_read(args: &StoreArgs) -> Result<Self, Error> {
        let folder = Folder::existing(&args.store)?;
        Ok(Self::of(folder, args.wait, None))
    }

    /// A store to write to, which must exist.
    pub(crate) fn to_write(args: &WriterArgs) -> Result<Self, Error> {
        let folder = Folder::existing(&args.place.store)?;
        Ok(Self::of(folder, args.place.wait, Some(args)))
    }

    fn of(folder: Folder, wait: Duration, writer: Option<&WriterArgs>) -> Self {
        let on_failure = writer.map(|args| args.on_audit_failure.clone());
        Self {
            store: Arc::new(Kept::new(folder.file(), wait)),
            trail: Arc::new(Trail::new(folder.clone(), wait, on_failure)),
            folder,
        }
    }

    /// Credentials, each with whether it is revoked.
    pub(crate) fn credentials(&self, filter: &Filter) -> Result<Vec<(Held, bool)>, Unavailable> {
        self.store.open()?;
        Ok(service::credentials(&*self.store, filter)?)
    }

    /// What the chain of a credential has spent.
    pub(crate) fn spent(&self, id: &CredentialId) -> Result<Vec<Charge>, Unavailable> {
        self.store.open()?;
        Ok(self.store.spent(id)?)
    }

    /// The public keys of the tokens that the store issues.
    pub(crate) fn token_keys(&self) -> Result<KeySet, Unavailable> {
        Ok(Keyring::open(&self.folder.token_keys())?.jwks())
    }

    /// Revokes.
    pub(crate) fn revoke(
        &self,
        revocation: &placet::credential::revocation::Revocation,
    ) -> Result<placet::credential::revocation::Epoch, Unavailable> {
        self.store.open()?;
        self.trail.open(revocation.time)?;
        Ok(service::revoke(&*self.store, &*self.trail, revocation)?)
    }
}

/// The service on a store: decides by a policy, counts, and leaves a trail.
pub(crate) struct Desk {
    policy: Policy,
    ledger: Ledger,
    /// Whether the store is made where there is none.
    makes: bool,
    service: Option<Service>,
}

impl Desk {
    /// A desk that makes the store where there is none.
    pub(crate) fn making(policy: Policy, args: &WriterArgs) -> Self {
        Self::of(policy, args, true)
    }

    /// A desk for a store that is there.
    pub(crate) fn at(policy: Policy, args: &WriterArgs) -> Self {
        Self::of(policy, args, false)
    }

    fn of(policy: Policy, args: &WriterArgs, makes: bool) -> Self {
        let folder = Folder::new(&args.place.store);
        Self {
            policy,
            ledger: Ledger::of(folder, args.place.wait, Some(args)),
            makes,
            service: None,
        }
    }

    /// The policy that decides.
    pub(crate) const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The digest of that policy.
    pub(crate) fn digest(&self) -> SmolStr {
        self.policy.digest().clone()
    }

    /// The service, with store and audit open. No caller waits longer than it said.
    pub(crate) fn service(&mut self, now: Time) -> Result<&Service, Unavailable> {
        let Ledger {
            folder,
            store,
            trail,
        } = &self.ledger;
        if self.makes {
            folder.make()?;
        } else if let Err(none) = Folder::existing(&folder.0) {
            return Err(Unavailable(none.to_string()));
        }
        store.open()?;
        trail.open(now)?;
        if self.service.is_none() {
            self.service = Some(Service::open(
                Engine::new(self.policy.clone()),
                Arc::<Kept>::clone(store),
                Arc::<Trail>::clone(trail),
                Settings::default(),
                now,
            )?);
        }
        self.service
            .as_ref()
            .ok_or_else(|| Unavailable("the service is not open".to_owned()))
    }

    /// Lets others have the store until the service is asked for again.
    pub(crate) fn release(&self) {
        self.ledger.trail.close();
        self.ledger.store.close();
    }

    /// What the store holds under an id.
    pub(crate) fn held(&self, id: &CredentialId) -> Result<Option<Held>, Unavailable> {
        Ok(self.ledger.store.held(id)?)
    }

    /// Leaves a record of a request whose credential is not accepted, so that an attempt
    /// with a forged one is not lost. `by` is the holder, where it is about a delegation.
    pub(crate) fn refused(
        &self,
        request: &Request,
        by: Option<&SmolStr>,
        reason: Reason,
        now: Time,
    ) -> Result<(), Unavailable> {
        let event = match (&request.asked, by) {
            (Asked::Scopes { scopes, .. }, Some(by)) => Event::Delegate {
                by: by.clone(),
                asked: scopes.clone(),
                issued: Vec::new(),
            },
            _ => Event::Call {
                tool: request.asked.called(),
                requests: Vec::new(),
                audiences: Vec::new(),
                digest: asked_digest(&request.asked),
                clear: Vec::new(),
                seq: None,
            },
        };
        self.ledger.trail.append(&Entry {
            decision: Some(reason),
            agent: Some(request.agent.id.clone()),
            user: request.user.as_ref().map(|user| user.id.clone()),
            task: request.task.as_ref().map(|task| task.id.clone()),
            policy: Some(self.digest()),
            ..Entry::new(now, event)
        })?;
        Ok(())
    }

    /// The decision of the policy about a request as it stands, explained.
    pub(crate) fn explain(&self, request: &Request) -> Decision {
        match &self.service {
            Some(service) => service.engine().explain(request).decision,
            None => Engine::new(self.policy.clone()).explain(request).decision,
        }
    }

    /// The service behind a tool, by the policy.
    pub(crate) fn audience(&self, tool: &str) -> Option<SmolStr> {
        self.service.as_ref()?.engine().audience(tool)
    }

    /// The keys that sign tokens, made if there are none.
    pub(crate) fn token_keys(&self, now: Time) -> Result<Keyring, Unavailable> {
        let folder = self.ledger.folder.token_keys();
        Ok(Keyring::open_or_create(&folder, Algorithm::EdDsa, now)?)
    }

    /// Takes back a credential that nobody has seen.
    pub(crate) fn take_back(
        &self,
        id: &CredentialId,
        reason: &str,
        now: Time,
    ) -> Result<(), Unavailable> {
        use placet::credential::revocation::{Revocation, Revoked};
        self.ledger.revoke(&Revocation {
            of: Revoked::Credential(id.clone()),
            by: "placet".into(),
            reason: reason.into(),
            time: now,
        })?;
        Ok(())
    }
}
