//! An exact cache of decisions about calls.
//!
//! A decision records every input that it consulted. It depends on nothing else, so it
//! is reused exactly when all of those are the same again; keys are compared in full,
//! never by a hash alone. The policy is part of every key, since each engine has its own.
//!
//! For each kind of question (the requests that a call is) the cache knows the sets of
//! inputs that such questions have consulted so far. A look-up reads the values of each
//! set from the request at hand and asks for a decision under exactly these values.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use lru::LruCache;
use placet_model::decision::{Decision, Reason};
use placet_model::question::Question;
use placet_model::request::Assent;
use placet_model::value::{Duration, Time, Value};
use rust_decimal::Decimal;
use smol_str::SmolStr;

use crate::call::Triple;
use crate::engine::Engine;
use crate::inputs::{Inputs, Membership, Read, ResourceValues, Trace};
use crate::runtime::{self, Prepared};
use crate::typed::Slot;

/// The most sets of inputs that are remembered for one question.
const MAX_SETS: usize = 8;

/// The cache; shared by all threads that use an engine.
#[derive(Debug)]
pub(crate) struct Cache {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    decisions: LruCache<Key, Decision>,
    /// Per question, the sets of inputs that were consulted.
    sets: HashMap<Vec<Triple<'static>>, Vec<Vec<Read>>>,
}

/// A question with everything that its decision consulted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    triples: Vec<Triple<'static>>,
    plain: bool,
    held: Vec<Result<Vec<(Time, u32)>, Reason>>,
    issued: Option<Time>,
    reads: Vec<Read>,
    values: Vec<Input>,
}

/// The value of one input.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Input {
    Text(SmolStr),
    MaybeText(Option<SmolStr>),
    Texts(Vec<SmolStr>),
    Groups(Membership<'static>),
    Slot(Slot),
    Time(Option<Time>),
    Resources(Vec<Option<ResourceValues>>),
    Flag(Option<bool>),
    Assents(Vec<Assent>, Vec<Assent>, SmolStr, Option<Time>),
    Budgets(Vec<(SmolStr, Vec<Decimal>)>),
}

impl Cache {
    pub(crate) fn new(capacity: NonZeroUsize) -> Self {
        Self {
            state: Mutex::new(State {
                decisions: LruCache::new(capacity),
                sets: HashMap::new(),
            }),
        }
    }

    /// The decision about a prepared call: remembered, or made and remembered.
    pub(crate) fn decide(
        &self,
        engine: &Engine,
        request: &Question<'_>,
        prepared: &Prepared<'_>,
        trace: &Trace,
    ) -> Decision {
        // Inputs are traced for one agent; a delegated call asks about several.
        if !prepared.bound.links.is_root() {
            return runtime::decide(engine, request, prepared, trace);
        }
        let acting = prepared.bound.links.acting();
        let triples: Vec<Triple<'static>> = prepared.triples.iter().map(Triple::to_owned).collect();
        let key = |reads: Vec<Read>| Key {
            values: reads
                .iter()
                .map(|read| input(acting, request, prepared, read))
                .collect(),
            triples: triples.clone(),
            plain: prepared.args.is_none(),
            held: prepared.held.to_vec(),
            issued: acting.issued,
            reads,
        };
        {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let sets = state
                .sets
                .get(triples.as_slice())
                .cloned()
                .unwrap_or_default();
            for reads in sets {
                if let Some(decision) = state.decisions.get(&key(reads)) {
                    return decision.clone();
                }
            }
        }
        let decision = runtime::decide(engine, request, prepared, trace);
        let reads = trace.reads();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // Questions are bounded like decisions are: when there are too many, all start anew.
        if state.sets.len() > state.decisions.cap().get() {
            state.sets.clear();
        }
        let sets = state.sets.entry(triples.clone()).or_default();
        if !sets.contains(&reads) {
            if sets.len() >= MAX_SETS {
                sets.remove(0);
            }
            sets.push(reads.clone());
        }
        state.decisions.put(key(reads), decision.clone());
        decision
    }
}

fn input(
    acting: &Inputs<'_>,
    request: &Question<'_>,
    prepared: &Prepared<'_>,
    read: &Read,
) -> Input {
    match read {
        Read::Agent => Input::Text(acting.agent.into()),
        Read::AgentGroups => Input::Groups(acting.agent_groups.to_owned()),
        Read::User => Input::MaybeText(acting.user.map(SmolStr::new)),
        Read::UserGroups => Input::Groups(acting.user_groups.to_owned()),
        Read::Task => Input::MaybeText(acting.task.map(SmolStr::new)),
        Read::Fact(id) => Input::Slot(acting.fact(*id)),
        Read::Now => Input::Time(acting.now),
        Read::Chain => Input::Texts(acting.chain().map(SmolStr::new).collect()),
        Read::History(id) => Input::Slot(match acting.length(*id) {
            Some(length) => Slot::Known(Value::Int(length)),
            None => acting.history(*id),
        }),
        Read::ResourceFacts(_) => Input::Resources(
            prepared
                .triples
                .iter()
                .map(|triple| {
                    acting
                        .resources
                        .iter()
                        .find(|(name, _)| name == triple.resource.get().as_str())
                        .map(|(_, values)| values.clone())
                })
                .collect(),
        ),
        Read::Arg(name) => Input::Slot(
            prepared
                .args
                .as_ref()
                .and_then(|args| args.field(name))
                .map_or(Slot::Absent, |value: &Value| Slot::Known(value.clone())),
        ),
        // The resources are in the key.
        Read::Resource => Input::Flag(None),
        Read::Lapsed(lifetime) => Input::Flag(
            acting
                .issued
                .zip(acting.now)
                .map(|(issued, now)| issued.plus(Duration(*lifetime)).is_none_or(|end| now < end)),
        ),
        Read::Assents => Input::Assents(
            request.consents.to_vec(),
            request.approvals.to_vec(),
            prepared.digest.get().clone(),
            acting.now,
        ),
        Read::Budgets => Input::Budgets(request.budgets.to_vec()),
    }
}
