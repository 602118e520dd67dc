//! Consents and approvals: recorded facts with holder, scope, end and who gave them.

use placet_model::pattern::Concrete;
use placet_model::request::{Assent, Covers};
use placet_model::text::check_id;
use placet_model::value::Time;
use smol_str::SmolStr;

use super::{Error, Service};
use crate::audit::Event;
use crate::store::{Ask, AssentKind, Filter, Given, Write};

impl Service {
    /// Records a consent or an approval. Whoever calls vouches for who gave it. Without an
    /// end it gets the default one; one to a single call is spent once.
    ///
    /// # Errors
    ///
    /// [`Error::Assent`] when nobody could rest on it: an agent gave it, somebody else than
    /// the user consents, the user approves, it is over. When only the audit fails, it is
    /// spent before it counts.
    pub fn record_assent(
        &self,
        kind: AssentKind,
        assent: Assent,
        now: Time,
    ) -> Result<Given, Error> {
        let mut assent = assent;
        if assent.not_after.is_none() {
            assent.not_after = Some(now.end_after(self.settings.assent_lifetime));
        }
        self.check(kind, &assent, now)?;
        let written = self.transact(&Ask::default(), &mut |_| {
            vec![Write::Assent {
                kind,
                assent: assent.clone(),
            }]
        })?;
        let id = *written.assents.first().ok_or(Error::Poisoned)?;
        let mut entry = self.entry(
            now,
            Event::Assent {
                kind,
                id,
                assent: assent.clone(),
            },
        );
        entry.agent = Some(assent.agent.clone());
        entry.user = match kind {
            AssentKind::Consent => Some(assent.by.clone()),
            AssentKind::Approval => assent.user.clone(),
        };
        entry.task.clone_from(&assent.task);
        if let Err(error) = self.audit.append(&entry) {
            // Straight to the store: it has to be, whatever others do meanwhile.
            let spend = &mut |_: &_| vec![Write::Spend(id)];
            self.store.transact(&Ask::default(), spend)?;
            return Err(error.into());
        }
        Ok(Given { id, kind, assent })
    }

    /// Whether it has ever held a credential: then it is an agent, though the policy may
    /// know it by a group that comes with requests only.
    fn has_held(&self, id: &SmolStr) -> Result<bool, Error> {
        let filter = Filter {
            agent: Some(id.clone()),
            ..Filter::default()
        };
        Ok(!self.store.credentials(&filter)?.is_empty())
    }

    fn check(&self, kind: AssentKind, assent: &Assent, now: Time) -> Result<(), Error> {
        let refuse = |why: String| Err(Error::Assent(why));
        let by = &assent.by;
        for id in [
            Some(by),
            Some(&assent.agent),
            assent.user.as_ref(),
            assent.task.as_ref(),
        ]
        .into_iter()
        .flatten()
        {
            if let Err(error) = check_id(id) {
                return refuse(error.to_string());
            }
        }
        let declared = self.policy().agents.iter().any(|agent| agent.name == *by);
        if *by == assent.agent || declared || self.has_held(by)? {
            return refuse(format!(
                "`{by}` is an agent: agents neither consent nor approve"
            ));
        }
        match kind {
            AssentKind::Consent if assent.user.as_ref().is_some_and(|user| user != by) => {
                return refuse(format!(
                    "only the user consents: `{by}` is not `{}`",
                    assent.user.as_deref().unwrap_or_default()
                ));
            }
            AssentKind::Approval if assent.user.as_ref() == Some(by) => {
                return refuse(format!("`{by}` is the user: somebody else has to approve"));
            }
            _ => {}
        }
        if assent.not_after.is_some_and(|end| end <= now) {
            return refuse("it is over already".to_owned());
        }
        match &assent.covers {
            Covers::Call(digest) if !placet_model::digest::is_digest(digest) => refuse(format!(
                "`{digest}` is not the digest of a call: `sha256:` and 64 hexadecimal digits"
            )),
            Covers::Call(_) => Ok(()),
            Covers::Scope(scope) => {
                for text in &scope.resources {
                    if let Err(error) = Concrete::parse(text) {
                        return refuse(format!("`{text}`: {error}"));
                    }
                }
                if scope.actions.is_empty() || scope.resources.is_empty() {
                    return refuse("a scope names at least one action and one resource".to_owned());
                }
                Ok(())
            }
        }
    }
}
