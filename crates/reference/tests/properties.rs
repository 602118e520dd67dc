//! The engine against the specification, and both against the laws of the language, over
//! generated policies, requests, credentials and chains.

#![expect(clippy::indexing_slicing, reason = "what is not read fails the test")]

use std::num::NonZeroUsize;

use placet_evaluator::Engine;
use placet_model::compiled::Compiled;
use placet_model::credential::{Credential, Scope};
use placet_model::decision::{Answer, Decision, Reason};
use placet_model::policy::Moment;
use placet_model::request::{Asked, Assent, Covers, Request, ScopeRequest};
use placet_reference::call;
use placet_reference::differential::{Counts, run};
use placet_reference::generate::{self, Dice, File, Pool};
use placet_reference::law;
use placet_reference::pipeline::compile;
use placet_reference::rules::Triple;
use placet_reference::segment::{self, Region};
use proptest::prelude::*;

/// A generated policy that compiles.
struct Case {
    files: Vec<File>,
    engine: Engine,
    pool: Pool,
    dice: Dice,
}

impl Case {
    fn of(seed: u64) -> Option<Self> {
        let mut dice = Dice::seeded(seed);
        let files = generate::policy(&mut dice);
        let compiled = compile(&files).ok()?;
        Some(Self {
            pool: Pool::of(compiled.policy()),
            engine: Engine::new(compiled),
            files,
            dice,
        })
    }

    fn bare(&mut self) -> Request {
        let policy = self.engine.compiled().policy();
        generate::runtime(&mut self.dice, policy, &self.pool, false)
    }

    fn held(&mut self) -> Request {
        let policy = self.engine.compiled().policy();
        generate::runtime(&mut self.dice, policy, &self.pool, true)
    }

    fn issuance(&mut self) -> Request {
        let policy = self.engine.compiled().policy();
        generate::issuance(&mut self.dice, policy, &self.pool)
    }

    /// Requests of every kind, each with what the engine says.
    fn decisions(&mut self, count: usize) -> Vec<(Request, Decision)> {
        (0..count)
            .map(|at| {
                let request = match at % 4 {
                    0 => self.bare(),
                    1 => self.held(),
                    2 => self.issuance(),
                    _ => {
                        let policy = self.engine.compiled().policy();
                        generate::listing(&mut self.dice, policy, &self.pool, at % 8 == 3)
                    }
                };
                let decision = decide(&self.engine, &request);
                (request, decision)
            })
            .collect()
    }

    /// The policy without one of the rules of some kind.
    fn without(&mut self, kinds: &[&str]) -> Option<Engine> {
        let mut places = vec![];
        for (file, items) in self.files.iter().enumerate() {
            for (item, text) in items.items.iter().enumerate() {
                if kinds.iter().any(|kind| is_rule(text, kind)) {
                    places.push((file, item));
                }
            }
        }
        if places.is_empty() {
            return None;
        }
        let (file, item) = *self.dice.pick(&places);
        let mut fewer = self.files.clone();
        fewer[file].items.remove(item);
        compile(&fewer).ok().map(Engine::new)
    }
}

fn is_rule(text: &str, kind: &str) -> bool {
    text.lines()
        .find(|line| !line.starts_with("///") && !line.starts_with('@'))
        .is_some_and(|line| line.starts_with(&format!("{kind} ")))
}

/// By credential where there is one, else by the policy alone.
fn decide(engine: &Engine, request: &Request) -> Decision {
    match (&request.asked, &request.credential) {
        (Asked::Scopes { .. }, _) | (_, Some(_)) => engine.decide(request),
        _ => engine.decide_without_credential(request),
    }
}

/// Whether some scopes give all that one does, as long and as deep.
fn better(scopes: &[Scope], scope: &Scope) -> bool {
    let regions: Vec<Region> = scopes
        .iter()
        .filter(|other| {
            (&other.tool, &other.action) == (&scope.tool, &scope.action)
                && other.not_after >= scope.not_after
                && other.delegate >= scope.delegate
        })
        .map(law::region)
        .collect();
    law::hold(&regions, &law::region(scope))
}

fn contains(scope: &Scope, engine: &Engine, triple: &Triple) -> bool {
    let policy = engine.compiled().policy();
    let tool = &policy.functions[triple.function.index()].path;
    let action = &policy.actions[triple.action.index()].name;
    law::contains(scope, tool, action, &triple.resource)
}

fn triples(engine: &Engine, asked: &Asked) -> Vec<Triple> {
    let policy = engine.compiled().policy();
    match asked {
        Asked::Call { tool, args } => call::triples(policy, tool, args)
            .map(|(triples, _)| triples)
            .unwrap_or_default(),
        Asked::Triple {
            tool,
            action,
            resource,
        } => call::triple(policy, tool, action, resource)
            .into_iter()
            .collect(),
        _ => vec![],
    }
}

fn wide() -> ScopeRequest {
    ScopeRequest {
        tool: "any".into(),
        actions: vec!["any".into()],
        resources: vec!["**".into()],
    }
}

/// What was granted without a rule (or layer) stays granted, no worse, with it.
fn no_worse(with: &Decision, without: &Decision) -> bool {
    let credential = |decision: &Decision| {
        decision
            .credential
            .as_ref()
            .map(|credential| credential.scopes.clone())
            .unwrap_or_default()
    };
    if without.reason != Reason::Granted {
        return true;
    }
    let limits = |decision: &Decision| {
        let obligations = &decision.obligations;
        (
            obligations.not_after,
            obligations.lifetime,
            obligations.delegate,
        )
    };
    let (more, less) = (credential(with), credential(without));
    with.reason == Reason::Granted
        && limits(with) >= limits(without)
        && less.iter().all(|scope| better(&more, scope))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 0, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_decides_as_the_specification_says(seed in any::<u64>()) {
        if let Err(difference) = run(seed, 60, &mut Counts::default()) {
            prop_assert!(false, "{:#?}", difference);
        }
    }

    #[test]
    fn adding_a_grant_takes_nothing_away(seed in any::<u64>()) {
        let Some(mut case) = Case::of(seed) else { return Ok(()) };
        let Some(fewer) = case.without(&["grant"]) else { return Ok(()) };
        for (request, with) in case.decisions(40) {
            if matches!(request.asked, Asked::Listing { .. }) {
                continue;
            }
            let without = decide(&fewer, &request);
            prop_assert!(no_worse(&with, &without), "{:?}\n{:?}\n{:?}\n{:?}", case.files, request, without, with);
        }
    }

    #[test]
    fn adding_a_deny_or_a_require_gives_nothing(seed in any::<u64>()) {
        let Some(mut case) = Case::of(seed) else { return Ok(()) };
        let Some(fewer) = case.without(&["deny", "require"]) else { return Ok(()) };
        for (request, with) in case.decisions(40) {
            if matches!(request.asked, Asked::Listing { .. }) {
                continue;
            }
            let without = decide(&fewer, &request);
            prop_assert!(no_worse(&without, &with), "{:?}\n{:?}\n{:?}\n{:?}", case.files, request, without, with);
        }
    }

    #[test]
    fn adding_a_layer_gives_nothing(seed in any::<u64>()) {
        let Some(mut case) = Case::of(seed) else { return Ok(()) };
        let mut fewer = case.files.clone();
        let Some(at) = fewer.iter().position(|file| file.name != "main.placet") else { return Ok(()) };
        let name = fewer.remove(at).name.replace(".placet", "");
        for file in &mut fewer {
            for item in &mut file.items {
                if item.starts_with("policy ") {
                    *item = item.replace(&format!("{name}, "), "").replace(&format!(", {name}"), "");
                }
            }
        }
        let Ok(compiled) = compile(&fewer) else { return Ok(()) };
        let fewer = Engine::new(compiled);
        for (request, with) in case.decisions(40) {
            if matches!(request.asked, Asked::Listing { .. }) {
                continue;
            }
            let without = decide(&fewer, &request);
            prop_assert!(no_worse(&without, &with), "{:?}\n{:?}\n{:?}\n{:?}", case.files, request, without, with);
        }
    }

    #[test]
    fn order_never_matters(seed in any::<u64>()) {
        let Some(mut case) = Case::of(seed) else { return Ok(()) };
        let mut shuffled = case.files.clone();
        shuffled.reverse();
        for file in &mut shuffled {
            let start = usize::from(file.items.first().is_some_and(|item| item.starts_with("layer")));
            for at in (start + 1..file.items.len()).rev() {
                let other = start + case.dice.below(at - start + 1);
                file.items.swap(at, other);
            }
        }
        let compiled = compile(&shuffled);
        let digest = compiled.as_ref().map(|compiled| compiled.digest().clone());
        prop_assert_eq!(digest.ok(), Some(case.engine.compiled().digest().clone()));
    }

    #[test]
    fn a_rule_under_another_name_changes_no_answer(seed in any::<u64>()) {
        let Some(mut case) = Case::of(seed) else { return Ok(()) };
        let mut doubled = case.files.clone();
        for file in &mut doubled {
            let copies: Vec<String> = file
                .items
                .iter()
                // What a budget has left is kept by rule.
                .filter(|item| !item.contains("budget"))
                .filter(|item| ["grant", "deny", "require"].iter().any(|kind| is_rule(item, kind)))
                .map(|item| item.replacen(" {\n", "-again {\n", 1))
                .collect();
            file.items.extend(copies);
        }
        let compiled = compile(&doubled);
        prop_assert!(compiled.is_ok(), "{:?}", compiled.err());
        let Ok(compiled) = compiled else { return Ok(()) };
        let doubled = Engine::new(compiled);
        for (request, once) in case.decisions(40) {
            let twice = decide(&doubled, &request);
            prop_assert_eq!(once.reason, twice.reason);
            let limits = |decision: &Decision| {
                let obligations = &decision.obligations;
                (obligations.lifetime, obligations.not_after, obligations.delegate)
            };
            prop_assert_eq!(limits(&once), limits(&twice));
            prop_assert_eq!(&once.tools, &twice.tools);
            prop_assert!(no_worse(&once, &twice) && no_worse(&twice, &once));
        }
    }

    #[test]
    fn a_cache_changes_nothing(seed in any::<u64>()) {
        let Some(mut case) = Case::of(seed) else { return Ok(()) };
        let cached = Engine::new(case.engine.compiled().clone())
            .with_cache(NonZeroUsize::new(1 + case.dice.below(6)).expect("positive"));
        let decisions = case.decisions(30);
        for _ in 0..3 {
            for (request, decision) in &decisions {
                prop_assert_eq!(&decide(&cached, request), decision);
                // The same, but for one input that may or may not have been consulted.
                let mut near = request.clone();
                match case.dice.below(5) {
                    0 => near.context.clear(),
                    1 => near.histories.clear(),
                    2 => near.resources.clear(),
                    3 => near.consents.clear(),
                    _ => near.agent.groups = None,
                }
                prop_assert_eq!(decide(&cached, &near), decide(&case.engine, &near));
            }
        }
    }

    #[test]
    fn a_saved_policy_decides_as_the_one_in_memory(seed in any::<u64>()) {
        let Some(mut case) = Case::of(seed) else { return Ok(()) };
        let bytes = case.engine.compiled().save();
        let loaded = Compiled::load(&bytes);
        prop_assert!(loaded.is_ok(), "{:?}", loaded.err());
        let Ok(loaded) = loaded else { return Ok(()) };
        prop_assert_eq!(&loaded, case.engine.compiled());
        let loaded = Engine::new(loaded);
        for (request, decision) in case.decisions(30) {
            prop_assert_eq!(decide(&loaded, &request), decision);
        }
    }

    #[test]
    fn what_is_granted_lies_within_the_whole_chain(seed in any::<u64>()) {
        let Some(mut case) = Case::of(seed) else { return Ok(()) };
        let mut chains: Vec<(Request, Credential)> = vec![];
        for _ in 0..40 {
            let mut request = case.issuance();
            // Extend a chain, or begin one.
            request.credential = None;
            if !chains.is_empty() && case.dice.chance(50) {
                let (_, parent) = case.dice.pick(&chains).clone();
                request.user = None;
                request.task = None;
                request.credential = Some(parent);
            }
            if let Some(credential) = case.engine.decide(&request).credential {
                chains.push((request, credential));
            }
        }
        for (issuance, credential) in &chains {
            for _ in 0..6 {
                let mut request = case.bare();
                request.agent = credential.agent.clone();
                request.user = None;
                request.task = None;
                request.context = issuance.context.clone();
                request.time = issuance.time;
                request.credential = Some(credential.clone());
                let decision = case.engine.decide(&request);
                if decision.reason != Reason::Granted {
                    continue;
                }
                for triple in triples(&case.engine, &request.asked) {
                    let mut link = Some(credential);
                    while let Some(held) = link {
                        let inside = held.scopes.iter().any(|scope| {
                            contains(scope, &case.engine, &triple)
                                && request.time.is_some_and(|now| now < scope.not_after)
                        });
                        prop_assert!(inside, "{:?}\n{:?}", request, triple);
                        link = held.parent.as_deref();
                    }
                    // Grantable under the digest and facts of its issuance.
                    let policy = case.engine.compiled().policy();
                    let mut again = issuance.clone();
                    again.asked = Asked::Scopes {
                        scopes: vec![ScopeRequest {
                            tool: policy.functions[triple.function.index()].path.clone(),
                            actions: vec![policy.actions[triple.action.index()].name.clone()],
                            resources: vec![segment::written(&triple.resource).into()],
                        }],
                        ttl: None,
                    };
                    let again = case.engine.decide(&again);
                    let within = credential
                        .scopes
                        .iter()
                        .filter(|scope| contains(scope, &case.engine, &triple));
                    let grantable = law::was_grantable(&again, within);
                    prop_assert!(grantable, "{:?}\n{:?}\n{:?}", request, triple, again);
                }
            }
        }
    }

    #[test]
    fn issuance_never_errs_away(seed in any::<u64>()) {
        let Some(mut case) = Case::of(seed) else { return Ok(()) };
        let policy = case.engine.compiled().policy();
        // What is pinned to issuance may well deny there alone.
        if policy.rules.iter().any(|rule| rule.moment == Some(Moment::Issuance)) {
            return Ok(());
        }
        for _ in 0..60 {
            let mut request = case.bare();
            // Duties of a call are met at the call; the others for everything or not at all.
            let everything = |assent: &Assent| matches!(&assent.covers, Covers::Scope(scope) if *scope == wide());
            request.consents.retain(everything);
            request.approvals.retain(everything);
            if request.time.is_none() || !matches!(request.asked, Asked::Call { .. }) {
                continue;
            }
            if case.engine.decide_without_credential(&request).reason != Reason::Granted {
                continue;
            }
            let mut issuance = request.clone();
            issuance.asked = Asked::Scopes { scopes: vec![wide()], ttl: None };
            let issued = case.engine.decide(&issuance);
            let scopes = issued.credential.map(|credential| credential.scopes).unwrap_or_default();
            for triple in triples(&case.engine, &request.asked) {
                prop_assert!(
                    scopes.iter().any(|scope| contains(scope, &case.engine, &triple)),
                    "{:?}\n{:?}\n{:?}\n{:?}", case.files, request, triple, scopes
                );
            }
        }
    }

    #[test]
    fn a_listing_is_right_about_every_call(seed in any::<u64>()) {
        let Some(mut case) = Case::of(seed) else { return Ok(()) };
        for at in 0..80 {
            let request = if at % 2 == 0 { case.bare() } else { case.held() };
            let Asked::Call { tool, .. } = &request.asked else { continue };
            let mut listing = request.clone();
            listing.asked = Asked::Listing { tool: Some(tool.clone()) };
            let listed = decide(&case.engine, &listing);
            if listed.reason != Reason::Granted {
                continue;
            }
            let answer = listed.tools.iter().find(|listed| listed.tool == *tool).map(|listed| listed.answer);
            let reason = decide(&case.engine, &request).reason;
            match answer {
                Some(Answer::Yes) => prop_assert!(
                    matches!(reason, Reason::Granted | Reason::InvalidRequest),
                    "{:?}\n{:?}\n{:?}", case.files, request, reason
                ),
                Some(Answer::No) | None => prop_assert!(
                    reason != Reason::Granted,
                    "{:?}\n{:?}", case.files, request
                ),
                Some(Answer::Depends) => {}
            }
        }
    }
}

#[test]
fn the_empty_tape_gives_a_policy() {
    let files = generate::policy(&mut Dice::tape(vec![]));
    assert_eq!(compile(&files).map(|_| ()), Ok(()));
}
