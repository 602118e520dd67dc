//! The law, at every link of every chain: granted at run time ⇒ inside one unexpired
//! scope of the credential ⇒ inside a scope of every ancestor ⇒ grantable by policy at
//! issuance; and nothing that was revoked, and nothing of somebody else's.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use placet_credential::audit::{Audit, AuditError, Entry};
use placet_credential::id::CredentialId;
use placet_credential::revocation::{Revocation, Revoked};
use placet_credential::service::{IssueOptions, Mode, Service, Settings};
use placet_credential::store::{Ask, AssentKind, CallQuery, CounterQuery, Memory, State, Store};
use placet_evaluator::Engine;
use placet_model::credential::{Credential, Scope};
use placet_model::decision::{Decision, MappedRequest};
use placet_model::policy::{Expr, HistoryKey, Outcome};
use placet_model::request::{Asked, Request, ScopeRequest};
use placet_model::value::Time;
use placet_model::walk::counted;
use placet_model::wire::{decision_to_json, read_ask};
use placet_reference::generate::{self, Dice, Pool};
use placet_reference::law;
use placet_reference::pipeline::compile;
use placet_reference::segment;
use proptest::prelude::*;

const MINUTE: i64 = 60_000_000;

struct Unheard;

impl Audit for Unheard {
    fn append(&self, _: &Entry) -> Result<(), AuditError> {
        Ok(())
    }
}

/// A credential that was issued, with the question that it answered.
struct Issued {
    credential: Credential,
    asked: Request,
}

struct World {
    service: Service,
    store: Arc<Memory>,
    pool: Pool,
    dice: Dice,
    now: Time,
    issued: BTreeMap<CredentialId, Issued>,
    revoked: Vec<CredentialId>,
    ended: Vec<String>,
    granted: usize,
    compared: usize,
    delegated: usize,
}

impl World {
    fn of(seed: u64) -> Option<Self> {
        let mut dice = Dice::seeded(seed);
        let files = generate::policy(&mut dice);
        let compiled = compile(&files).ok()?;
        let pool = Pool::of(compiled.policy());
        let next = AtomicU64::new(1);
        let settings = Settings {
            random: Box::new(move || Some(next.fetch_add(1, Ordering::SeqCst).into())),
            ..Settings::default()
        };
        let now = Time::parse("2026-01-01T00:00:00Z")?;
        let store = Arc::new(Memory::new());
        let service = Service::open(
            Engine::new(compiled),
            store.clone(),
            Arc::new(Unheard),
            settings,
            now,
        );
        Some(Self {
            service: service.expect("a store in memory opens"),
            store,
            pool,
            dice,
            now,
            issued: BTreeMap::new(),
            revoked: Vec::new(),
            ended: Vec::new(),
            granted: 0,
            compared: 0,
            delegated: 0,
        })
    }

    fn live(&mut self, steps: usize) {
        for _ in 0..steps {
            match self.dice.below(12) {
                0..=1 => self.issue(),
                2..=3 => self.delegate(),
                4..=9 => self.call(),
                10 => self.revoke(),
                _ => {
                    let minutes = *self.dice.pick(&[0, 1, 7, 31, -2]);
                    self.now = Time(self.now.0 + minutes * MINUTE);
                }
            }
        }
    }

    /// Every counter is what counting its calls comes to.
    fn recount(&self) -> usize {
        let engine = self.service.engine();
        let policy = engine.compiled().policy();
        let mut kept = 0;
        for id in counted(policy) {
            let history = &policy.histories[id.index()];
            let query = CounterQuery {
                history: history.name.clone(),
                per: history.per,
            };
            let calls = CallQuery {
                per: history.per,
                since: None,
            };
            for credential in self.issued.keys() {
                let ask = Ask {
                    credential: Some(credential),
                    counters: std::slice::from_ref(&query),
                    calls: &[calls],
                    ..Ask::default()
                };
                let check = &mut |state: &State| {
                    // Of a chain's agents each has a counter of its own.
                    if history.per != HistoryKey::Agent || credential.parent().is_none() {
                        for counter in &state.counters {
                            let selected = state
                                .calls
                                .iter()
                                .filter(|past| engine.selects(id, &past.record));
                            assert_eq!(counter.count, selected.count() as u64, "{counter:?}");
                            kept += 1;
                        }
                    }
                    Vec::new()
                };
                self.store
                    .transact(&ask, check)
                    .expect("memory does not fail");
            }
        }
        kept
    }

    /// A generated question about scopes, without what the service keeps.
    fn question(&mut self) -> Request {
        let policy = self.service.engine().compiled().policy();
        let mut request = generate::issuance(&mut self.dice, policy, &self.pool);
        bare(&mut request);
        let policy = self.service.engine().compiled().policy();
        if let (Some(agent), true) = (policy.agents.first(), self.dice.chance(30)) {
            request.agent.id = agent.name.clone();
        }
        if let (Asked::Scopes { scopes, ttl }, true) = (&mut request.asked, self.dice.chance(70)) {
            *scopes = vec![ScopeRequest {
                tool: "any".into(),
                actions: vec!["any".into()],
                resources: vec!["**".into()],
            }];
            *ttl = None;
        }
        request
    }

    fn options(&mut self) -> IssueOptions {
        IssueOptions {
            mode: if self.dice.chance(20) {
                Mode::Exact
            } else {
                Mode::Narrow
            },
            key: None,
        }
    }

    fn issue(&mut self) {
        let request = self.question();
        let options = self.options();
        for _ in 0..2 {
            let answer = self.service.issue(request.clone(), &options, self.now);
            let answer = answer.expect("memory does not fail");
            if let Some(credential) = &answer.credential {
                self.keep(credential, &request, None);
                return;
            }
            self.give(&answer);
        }
    }

    fn delegate(&mut self) {
        let can = |issued: &Issued| {
            issued
                .credential
                .scopes
                .iter()
                .any(|scope| scope.delegate > 0)
        };
        let parents: Vec<CredentialId> = self
            .issued
            .iter()
            .filter(|(_, issued)| can(issued))
            .map(|(id, _)| id.clone())
            .collect();
        // Now and then from one that cannot be handed on.
        let links = |id: &&CredentialId| id.as_str().split('.').count();
        let parent = match parents.iter().max_by_key(links) {
            // Chains are to grow, which they rarely do by chance.
            Some(deepest) if self.dice.chance(60) => deepest.clone(),
            Some(_) if self.dice.chance(90) => self.dice.pick(&parents).clone(),
            _ => match self.any() {
                Some(id) => id,
                None => return,
            },
        };
        let held = self.issued[&parent].credential.clone();
        let mut request = self.question();
        request.user = None;
        request.task = None;
        if self.dice.chance(70) {
            request
                .user
                .clone_from(&self.issued[&parent.chain()].asked.user);
            request
                .context
                .clone_from(&self.issued[&parent.chain()].asked.context);
        }
        if self.dice.chance(50) {
            let policy = self.service.engine().compiled().policy();
            let agents: Vec<_> = policy
                .agents
                .iter()
                .map(|agent| agent.name.clone())
                .collect();
            if !agents.is_empty() {
                request.agent.id = self.dice.pick(&agents).clone();
            }
        }
        let options = self.options();
        let holder = if self.dice.chance(90) {
            held.agent.id.to_string()
        } else {
            "somebody".to_owned()
        };
        for _ in 0..2 {
            let answer = self
                .service
                .delegate(&parent, &holder, request.clone(), &options, self.now)
                .expect("memory does not fail");
            if let Some(credential) = &answer.credential {
                assert_eq!(holder, held.agent.id, "only the holder hands on");
                assert!(!self.is_dead(&parent), "a revoked credential handed on");
                self.keep(credential, &request, Some(&held));
                self.whole(credential, &request, &held);
                self.delegated += 1;
                return;
            }
            self.give(&answer);
        }
    }

    /// Remembers what was issued, which lies within its parent.
    fn keep(&mut self, credential: &Credential, asked: &Request, parent: Option<&Credential>) {
        let id = credential.id.as_deref().expect("it has an id");
        let id = CredentialId::parse(id).expect("it is an id");
        assert_eq!(credential.parent.as_deref(), parent);
        for scope in &credential.scopes {
            assert!(scope.not_after <= credential.not_after && scope.not_after > self.now);
            if let Some(parent) = parent {
                let region = law::region(scope);
                let within = parent.scopes.iter().any(|wide| {
                    (&wide.tool, &wide.action) == (&scope.tool, &scope.action)
                        && scope.not_after <= wide.not_after
                        && scope.delegate < wide.delegate
                        && law::hold(&[law::region(wide)], &region)
                });
                assert!(within, "{scope:?} is in no scope of {parent:#?}");
            }
        }
        if let Some(parent) = parent {
            assert_eq!(credential.user, parent.user);
            assert_eq!(credential.task, parent.task);
            assert_eq!(
                id.parent().as_ref().map(CredentialId::as_str),
                parent.id.as_deref()
            );
        }
        let issued = Issued {
            credential: credential.clone(),
            asked: asked.clone(),
        };
        assert!(self.issued.insert(id, issued).is_none(), "an id twice");
    }

    /// Nothing that lies in the parent and that the sub-agent would be given without one is
    /// lost by delegating.
    fn whole(&mut self, credential: &Credential, asked: &Request, parent: &Credential) {
        let engine = self.service.engine();
        let reads_chain = engine
            .compiled()
            .policy()
            .exprs
            .iter()
            .any(|expr| matches!(expr, Expr::ChainDepth | Expr::ChainRoot | Expr::ChainAgents));
        if reads_chain {
            return;
        }
        let mut alone = asked.clone();
        alone.time = Some(self.now);
        alone.user = alone.user.or_else(|| parent.user.clone());
        alone.task.clone_from(&parent.task);
        for (name, value) in &parent.context {
            if alone.context.iter().all(|(known, _)| known != name) {
                alone.context.push((name.clone(), value.clone()));
            }
        }
        alone.consents.clone_from(&credential.consents);
        alone.approvals.clone_from(&credential.approvals);
        let Some(free) = engine.decide(&alone).credential else {
            return;
        };
        for scope in &free.scopes {
            let Some(resource) = instance(&mut self.dice, scope) else {
                continue;
            };
            let one = MappedRequest {
                action: scope.action.clone(),
                resource: resource.into(),
            };
            let given = |of: &Credential, least: Time| {
                of.scopes.iter().any(|held| {
                    held.tool == scope.tool
                        && contains(held, &scope.tool, &one)
                        && held.not_after >= least
                })
            };
            let above = parent.scopes.iter().filter(|held| {
                held.delegate > 0 && held.not_after > self.now && contains(held, &scope.tool, &one)
            });
            for held in above {
                if contains(scope, &scope.tool, &one) {
                    self.compared += 1;
                    assert!(
                        given(credential, scope.not_after.min(held.not_after)),
                        "{one:?} is in {scope:?} and in {held:?}, and not in {credential:#?}"
                    );
                }
            }
        }
    }

    fn call(&mut self) {
        let Some(id) = self.any() else { return };
        let held = self.issued[&id].credential.clone();
        let policy = self.service.engine().compiled().policy();
        let mut request = generate::runtime(&mut self.dice, policy, &self.pool, false);
        bare(&mut request);
        request.user = None;
        request.task = None;
        if self.dice.chance(70) {
            // All is as it was.
            request.agent.clone_from(&self.issued[&id].asked.agent);
            request
                .user
                .clone_from(&self.issued[&id.chain()].asked.user);
            request
                .context
                .clone_from(&self.issued[&id.chain()].asked.context);
        } else if self.dice.chance(90) {
            request.agent.id = held.agent.id.clone();
        }
        if self.dice.chance(60) && !held.scopes.is_empty() {
            let scope = self.dice.pick(&held.scopes).clone();
            if let Some(resource) = instance(&mut self.dice, &scope) {
                request.asked = Asked::Triple {
                    tool: scope.tool,
                    action: scope.action,
                    resource: resource.into(),
                };
            }
        }
        for _ in 0..2 {
            let answer = self
                .service
                .authorize(&id, request.clone(), self.now)
                .expect("memory does not fail");
            if answer.decision.is_grant() {
                self.granted += 1;
                self.holds(&id, &held, &request, &answer.decision);
                if let (Some(seq), true) = (answer.seq, self.dice.chance(50)) {
                    let outcome = *self.dice.pick(&[Outcome::Ok, Outcome::Failed]);
                    let settled = self.service.settle(seq, outcome, &Vec::new(), self.now);
                    settled.expect("a fresh call can be settled");
                }
                return;
            }
            self.give(&answer.decision);
        }
    }

    /// The law.
    fn holds(&self, id: &CredentialId, held: &Credential, request: &Request, decision: &Decision) {
        assert_eq!(request.agent.id, held.agent.id, "somebody else's");
        assert!(!self.is_dead(id), "revoked");
        assert!(!decision.requests.is_empty());
        let (Asked::Call { tool, .. } | Asked::Triple { tool, .. }) = &request.asked else {
            panic!("{request:?}");
        };
        for one in &decision.requests {
            let mut link = Some((id.clone(), held));
            let mut leaf = true;
            while let Some((id, credential)) = link {
                let inside = credential.scopes.iter().any(|scope| {
                    contains(scope, tool, one) && (!leaf || self.now < scope.not_after)
                });
                assert!(inside, "{one:?} is in no scope of {credential:#?}");
                assert!(self.now < credential.not_after);
                self.grantable(&id, tool, one);
                leaf = false;
                link = id.parent().zip(credential.parent.as_deref());
            }
        }
    }

    /// The policy grants it at issuance, by the facts of that time.
    fn grantable(&self, id: &CredentialId, tool: &str, one: &MappedRequest) {
        let Issued { credential, asked } = &self.issued[id];
        let mut request = asked.clone();
        request.asked = Asked::Scopes {
            scopes: vec![ScopeRequest {
                tool: tool.into(),
                actions: vec![one.action.clone()],
                resources: vec![one.resource.clone()],
            }],
            ttl: None,
        };
        request.time = Some(credential.issued);
        request.consents.clone_from(&credential.consents);
        request.approvals.clone_from(&credential.approvals);
        request.credential = credential.parent.as_deref().cloned();
        let decision = self.service.engine().decide(&request);
        let within = credential
            .scopes
            .iter()
            .filter(|scope| contains(scope, tool, one));
        let grantable = law::was_grantable(&decision, within);
        assert!(
            grantable,
            "{tool} {one:?} was never grantable: {decision:#?}"
        );
    }

    fn revoke(&mut self) {
        if self.dice.chance(60) {
            return;
        }
        let Some(id) = self.any() else { return };
        let credential = &self.issued[&id].credential;
        let of = match (self.dice.below(4), &credential.task, &credential.user) {
            (0, Some(task), _) => {
                self.ended.push(task.id.to_string());
                Revoked::Task(task.id.clone())
            }
            (1, _, Some(user)) => {
                let theirs = |issued: &Issued| {
                    issued.credential.user.as_ref().map(|user| &user.id) == Some(&user.id)
                };
                let ids = self.issued.iter().filter(|(_, issued)| theirs(issued));
                self.revoked.extend(ids.map(|(id, _)| id.clone()));
                Revoked::User(user.id.clone())
            }
            (2, ..) => {
                let agent = &credential.agent.id;
                let ids = self
                    .issued
                    .iter()
                    .filter(|(_, issued)| issued.credential.agent.id == *agent);
                self.revoked.extend(ids.map(|(id, _)| id.clone()));
                Revoked::Agent(agent.clone())
            }
            _ => {
                self.revoked.push(id.clone());
                Revoked::Credential(id)
            }
        };
        let revocation = Revocation {
            of,
            by: "ops".into(),
            reason: "a test".into(),
            time: self.now,
        };
        self.service
            .revoke(&revocation)
            .expect("memory does not fail");
    }

    fn is_dead(&self, id: &CredentialId) -> bool {
        let task = self.issued[id].credential.task.as_ref();
        self.revoked.iter().any(|gone| gone.covers(id))
            || task.is_some_and(|task| self.ended.iter().any(|ended| task.id == *ended))
    }

    fn any(&mut self) -> Option<CredentialId> {
        let ids: Vec<CredentialId> = self.issued.keys().cloned().collect();
        (!ids.is_empty()).then(|| self.dice.pick(&ids).clone())
    }

    /// Records what a denial asks for.
    fn give(&self, decision: &Decision) {
        let asked = read_ask(decision_to_json(decision)).expect("it reads what it wrote");
        // What names an agent as the user is refused; so be it.
        let record = |kind, assent| drop(self.service.record_assent(kind, assent, self.now));
        for consent in asked.consents {
            record(AssentKind::Consent, consent);
        }
        let policy = self.service.engine().compiled().policy();
        for approver in asked.approvals {
            let group = policy
                .groups
                .iter()
                .find(|group| group.name == approver.group);
            let member = group.and_then(|group| group.members.first().cloned());
            let groups = group
                .filter(|group| group.from_request)
                .map(|group| vec![group.name.clone()]);
            let by = member.unwrap_or("somebody-else".into());
            record(AssentKind::Approval, approver.by(by, groups));
        }
    }
}

/// Without what the service keeps.
fn bare(request: &mut Request) {
    request.credential = None;
    request.histories.clear();
    request.budgets.clear();
    request.consents.clear();
    request.approvals.clear();
}

fn contains(scope: &Scope, tool: &str, one: &MappedRequest) -> bool {
    let resource = segment::resource(&one.resource).expect("a resource");
    law::contains(scope, tool, &one.action, &resource)
}

/// A resource inside a scope, or near it.
fn instance(dice: &mut Dice, scope: &Scope) -> Option<String> {
    let words = ["a", "b", "x.md"];
    let text = scope
        .resource
        .strip_suffix("/**")
        .unwrap_or(&scope.resource);
    let mut segments: Vec<String> = text
        .split('/')
        .map(|segment| segment.replace('*', dice.word(&words)))
        .collect();
    if text.len() != scope.resource.len() && dice.chance(50) {
        segments.push(dice.word(&words).to_owned());
    }
    let written = segments.join("/");
    segment::resource(&written).map(|_| written)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn nothing_is_granted_outside_the_law(seed in any::<u64>()) {
        if let Some(mut world) = World::of(seed) {
            world.live(150);
            world.recount();
        }
    }
}

/// The test above is about something: calls are granted, and chains grow.
#[test]
fn generated_lives_are_lively() {
    let (mut granted, mut delegated, mut deepest, mut counters, mut compared) = (0, 0, 0, 0, 0);
    for seed in 0..150 {
        if let Some(mut world) = World::of(seed) {
            world.live(150);
            counters += world.recount();
            granted += world.granted;
            compared += world.compared;
            delegated += world.delegated;
            let depths = world.issued.keys().map(|id| id.as_str().split('.').count());
            deepest = deepest.max(depths.max().unwrap_or(0));
        }
    }
    assert!(
        granted > 400 && delegated > 20 && deepest > 2 && counters > 20 && compared > 20,
        "granted {granted}, delegated {delegated}, deepest {deepest}, counters {counters}, \
         compared {compared}"
    );
}
