//! The decision point: a compiled policy, ready to decide.

use placet_model::compiled::Compiled;
use placet_model::decision::{Decision, MappedRequest, Obligations, Reason, RuleNote};
use placet_model::graph::Graph;
use placet_model::ids::{ActionId, FunctionId, HistoryId, LayerId, PatternId, RuleId};
use placet_model::json::Fields;
use placet_model::pattern::Concrete;
use placet_model::policy::{Policy, Type};
use placet_model::question::{Asking, Question};
use placet_model::request::Record;
use placet_model::resource::Resource;
use smol_str::SmolStr;

use crate::bind::selects_call;
use crate::cache::Cache;
use crate::call::{self, Triple};
use crate::duties::covers_tool;
use crate::explain::{self, Also, Explanation};
use crate::index::{Index, Table};
use crate::inputs::{Read, Trace};
use crate::runtime::{self, Prepared, Refusal, Ruling};
use crate::typed::{self, Strictness};
use crate::{issuance, listing, outlook};

const NO_CREDENTIAL: &str =
    "/credential: missing: a call is decided under the credential that issuance returned";
const A_CREDENTIAL: &str = "/credential: the policy alone was asked to decide, and here is one";

/// Decides requests against one compiled policy.
///
/// Deciding takes `&self`, never panics, reads no clock, no file and no environment, and
/// an engine can be shared between threads. Whatever it cannot make sense of, it denies.
#[derive(Debug)]
pub struct Engine {
    compiled: Compiled,
    index: Index,
    cache: Option<Cache>,
}

impl Engine {
    /// A decision point for a compiled policy, without a cache.
    #[must_use]
    pub fn new(compiled: Compiled) -> Self {
        Self {
            index: Index::new(compiled.policy(), compiled.graphs()),
            compiled,
            cache: None,
        }
    }

    /// Remembers the last `capacity` decisions about calls. A decision is reused exactly
    /// when every input that it consulted is the same; it is worth its while only where
    /// requests repeat.
    #[must_use]
    pub fn with_cache(mut self, capacity: std::num::NonZeroUsize) -> Self {
        self.cache = Some(Cache::new(capacity));
        self
    }

    /// The compiled policy that decides.
    #[must_use]
    pub const fn compiled(&self) -> &Compiled {
        &self.compiled
    }

    /// Decides a request. The moment follows from what is asked: a call or triple is a
    /// question about run time, scopes are one about issuance, a listing lists.
    ///
    /// At run time and for listings the request needs a credential; without one it is
    /// `invalid-request`. Where the policy alone is to decide, say so with
    /// [`Engine::decide_without_credential`].
    #[must_use]
    pub fn decide<'a>(&self, request: impl Into<Question<'a>>) -> Decision {
        let request = &request.into();
        match request.asked {
            Asking::Scopes { .. } => issuance::decide(self, request),
            Asking::Call { .. } | Asking::Triple { .. } | Asking::Listing { .. }
                if request.credential.is_none() =>
            {
                self.refusal(Reason::InvalidRequest, Some(NO_CREDENTIAL))
            }
            Asking::Call { .. } | Asking::Triple { .. } => self.decide_call(request),
            Asking::Listing { .. } => listing::decide(self, request),
        }
    }

    /// Decides a call or a listing by the policy alone: as if a credential held every
    /// scope and never ended. Nothing then bounds the agent to its task; it is for trying
    /// policies out, and for hosts that keep credentials elsewhere.
    #[must_use]
    pub fn decide_without_credential<'a>(&self, request: impl Into<Question<'a>>) -> Decision {
        let request = &request.into();
        if request.credential.is_some() {
            return self.refusal(Reason::InvalidRequest, Some(A_CREDENTIAL));
        }
        match request.asked {
            Asking::Scopes { .. } => issuance::decide(self, request),
            Asking::Call { .. } | Asking::Triple { .. } => self.decide_call(request),
            Asking::Listing { .. } => listing::decide(self, request),
        }
    }

    /// Decides as if some rules were not written, by the policy alone where it decides a
    /// call without a credential: for telling what a rule is there for. Asks no cache.
    #[must_use]
    pub fn decide_as_if_without<'a>(
        &self,
        request: impl Into<Question<'a>>,
        rules: &[RuleId],
    ) -> Decision {
        let request = &request.into();
        let mut without = rules.to_vec();
        without.sort_unstable();
        match request.asked {
            Asking::Scopes { .. } => issuance::decide_as_if(self, request, &without),
            Asking::Call { .. } | Asking::Triple { .. } => {
                let trace = Trace::default();
                match runtime::prepare(self, request, &trace) {
                    Ok(prepared) => {
                        runtime::decide_as_if(self, request, &prepared, &without, &trace)
                    }
                    Err(refusal) => self.refused(&refusal),
                }
            }
            Asking::Listing { .. } => self.refusal(
                Reason::InvalidRequest,
                Some("a listing is not decided as if rules were not written"),
            ),
        }
    }

    /// Types a call or triple and looks up its names, once, so that it can be answered
    /// without doing so again.
    #[must_use]
    pub fn ready<'e>(&'e self, request: impl Into<Question<'e>>) -> Ready<'e> {
        let request = request.into();
        self.make_ready(request, request.credential.is_some())
    }

    /// As [`Engine::ready`], to be answered by the policy alone.
    #[must_use]
    pub fn ready_without_credential<'e>(&'e self, request: impl Into<Question<'e>>) -> Ready<'e> {
        let request = request.into();
        self.make_ready(request, request.credential.is_none())
    }

    fn make_ready<'e>(&'e self, request: Question<'e>, acceptable: bool) -> Ready<'e> {
        let prepared = if acceptable {
            runtime::prepare(self, &request, &Trace::off()).map_err(|refusal| refusal.reason)
        } else {
            Err(Reason::InvalidRequest)
        };
        Ready {
            engine: self,
            question: request,
            prepared,
        }
    }

    /// Decides a call or triple as [`Engine::decide`] does, and tells the answer alone:
    /// for the way of every call, where nobody looks at rules and inputs. It asks no cache.
    #[must_use]
    pub fn ruling<'a>(&self, request: impl Into<Question<'a>>) -> Ruling {
        let question = &request.into();
        self.rule(question, question.credential.is_some())
    }

    /// As [`Engine::ruling`], by the policy alone.
    #[must_use]
    pub fn ruling_without_credential<'a>(&self, request: impl Into<Question<'a>>) -> Ruling {
        let question = &request.into();
        self.rule(question, question.credential.is_none())
    }

    fn rule(&self, question: &Question<'_>, acceptable: bool) -> Ruling {
        if !acceptable {
            return Ruling::Denied(Reason::InvalidRequest);
        }
        match runtime::prepare(self, question, &Trace::off()) {
            Ok(prepared) => runtime::ruling(self, question, &prepared),
            Err(refusal) => Ruling::Denied(refusal.reason),
        }
    }

    /// What becomes of a plain triple, by policy alone, while what the request leaves out is
    /// open: for tables of who may do what, not for deciding.
    ///
    /// # Errors
    ///
    /// The refusal, when the triple or what is told with it is not valid.
    pub fn outlook<'a>(
        &self,
        request: impl Into<Question<'a>>,
        told: outlook::Told,
    ) -> Result<outlook::Outlook, Box<Decision>> {
        outlook::outlook(self, &request.into(), told)
    }

    /// The patterns of each rule, by its place in the policy, as a request fills them, each
    /// with the pattern that it comes of; holes whose facts are open stand for any segments.
    ///
    /// # Errors
    ///
    /// The refusal, when what is told is not valid.
    pub fn regions<'a>(
        &self,
        request: impl Into<Question<'a>>,
        told: outlook::Told,
    ) -> Result<Vec<Vec<(PatternId, Concrete)>>, Box<Decision>> {
        outlook::regions(self, &request.into(), told)
    }

    /// Whether a resource is one that a function can touch by an action.
    #[must_use]
    pub fn is_resource(&self, function: FunctionId, action: ActionId, of: &Resource) -> bool {
        call::is_instance(self.policy(), function, action, of.into())
    }

    /// Decides a request and tells why, for the people who run the policy. It says more
    /// than the holder of a credential may know.
    #[must_use]
    pub fn explain<'a>(&self, request: impl Into<Question<'a>>) -> Explanation {
        let request = &request.into();
        explain::explain(self, request, self.decide(request), Also::Nothing)
    }

    /// As [`Engine::explain`], for somebody who thought that some rules, by their full
    /// names, would decide: these are shown wherever they are, and so are the scopes that
    /// were granted in whole.
    #[must_use]
    pub fn explain_with<'a>(
        &self,
        request: impl Into<Question<'a>>,
        rules: &[SmolStr],
    ) -> Explanation {
        let request = &request.into();
        explain::explain(self, request, self.decide(request), Also::Rules(rules))
    }

    /// As [`Engine::explain`], by the policy alone.
    #[must_use]
    pub fn explain_without_credential<'a>(&self, request: impl Into<Question<'a>>) -> Explanation {
        let request = &request.into();
        let decision = self.decide_without_credential(request);
        explain::explain(self, request, decision, Also::Nothing)
    }

    /// Whether a past call is one that a history selects, whoever made it and whenever:
    /// going by its outcome, function, actions and resources. For whoever keeps a counter
    /// in place of the calls ([`Calls::Count`](placet_model::request::Calls::Count)).
    #[must_use]
    pub fn selects(&self, history: HistoryId, record: &Record) -> bool {
        let policy = self.policy();
        policy
            .histories
            .get(history.index())
            .is_some_and(|history| selects_call(policy, history, record) != Some(false))
    }

    /// What histories may read of a result of a tool: the fields that its `returns`
    /// declares, checked for their types. Others are left out.
    ///
    /// # Errors
    ///
    /// Where a field is not of its type, and why.
    pub fn result(&self, tool: &str, result: &Fields) -> Result<Fields, String> {
        let policy = self.policy();
        let declared = policy
            .function(tool)
            .and_then(|id| policy.functions.get(id.index()))
            .and_then(|function| function.returns)
            .and_then(|ty| policy.types.get(ty.index()));
        let Some(Type::Record(fields)) = declared else {
            return Ok(Fields::new());
        };
        typed::record(policy, fields, result.into(), Strictness::Facts, true)
            .map_err(|invalid| format!("{}: {}", invalid.place, invalid.message))?;
        Ok(result
            .iter()
            .filter(|(name, _)| fields.iter().any(|field| field.name == *name))
            .cloned()
            .collect())
    }

    fn decide_call(&self, request: &Question<'_>) -> Decision {
        let trace = Trace::default();
        match runtime::prepare(self, request, &trace) {
            Ok(prepared) => match &self.cache {
                Some(cache) => cache.decide(self, request, &prepared, &trace),
                None => runtime::decide(self, request, &prepared, &trace),
            },
            Err(refusal) => self.refused(&refusal),
        }
    }

    /// Decides a call that was accepted, asking no cache.
    pub(crate) fn decide_anew(&self, request: &Question<'_>) -> Decision {
        let trace = Trace::default();
        match runtime::prepare(self, request, &trace) {
            Ok(prepared) => runtime::decide(self, request, &prepared, &trace),
            Err(refusal) => self.refused(&refusal),
        }
    }

    pub(crate) const fn policy(&self) -> &Policy {
        self.compiled.policy()
    }

    pub(crate) fn graphs(&self) -> &[Graph] {
        self.compiled.graphs()
    }

    pub(crate) const fn index(&self) -> &Index {
        &self.index
    }

    /// The layers with their graphs.
    pub(crate) fn layers(&self) -> impl Iterator<Item = LayerGraph<'_>> {
        let graphs = self.graphs().iter().zip(self.index.tables());
        graphs.enumerate().map(|(at, (graph, table))| LayerGraph {
            guardrail: self.is_guardrail(LayerId::new(at)),
            graph,
            table,
        })
    }

    pub(crate) fn is_guardrail(&self, layer: LayerId) -> bool {
        self.policy()
            .layers
            .get(layer.index())
            .is_some_and(|layer| layer.default_grant)
    }

    /// The audience of a function: its own or the nearest above it.
    #[must_use]
    pub fn audience(&self, path: &str) -> Option<SmolStr> {
        self.policy()
            .audiences
            .iter()
            .filter(|audience| covers_tool(&audience.tool, path))
            .max_by_key(|audience| audience.tool.len())
            .map(|audience| audience.audience.clone())
    }

    pub(crate) fn refused(&self, refusal: &Refusal) -> Decision {
        let mut decision = self.refusal(refusal.reason, Some(&refusal.explanation));
        decision.requests = self.mapped(&refusal.triples);
        decision
    }

    /// What a call is, as decisions show it: sorted, each once.
    pub(crate) fn mapped(&self, triples: &[Triple<'_>]) -> Vec<MappedRequest> {
        let actions = &self.policy().actions;
        let mut requests: Vec<MappedRequest> = triples
            .iter()
            .filter_map(|triple| {
                Some(MappedRequest {
                    action: actions.get(triple.action.index())?.name.clone(),
                    resource: triple.resource.get().as_str().into(),
                })
            })
            .collect();
        requests.sort();
        requests.dedup();
        requests
    }

    /// A decision with a reason and nothing else yet.
    pub(crate) fn refusal(&self, reason: Reason, explanation: Option<&str>) -> Decision {
        Decision {
            reason,
            rules: Vec::new(),
            obligations: Obligations::default(),
            missing: Vec::new(),
            explanation: explanation.map(SmolStr::new).into_iter().collect(),
            scopes: Vec::new(),
            requests: Vec::new(),
            credential: None,
            tools: Vec::new(),
            consulted: Vec::new(),
            policy: self.compiled.digest().clone(),
        }
    }

    /// Rules as decisions show them: sorted by name, each once.
    pub(crate) fn notes(&self, rules: impl IntoIterator<Item = RuleId>) -> Vec<RuleNote> {
        let policy = self.policy();
        let mut notes: Vec<RuleNote> = rules
            .into_iter()
            .filter_map(|id| {
                let rule = policy.rules.get(id.index())?;
                Some(RuleNote {
                    name: policy.rule_name(id),
                    kind: rule.kind,
                    owner: rule.owner().cloned(),
                    doc: rule.doc.clone(),
                })
            })
            .collect();
        notes.sort();
        notes.dedup();
        notes
    }

    /// What a trace read, as policy text, sorted.
    pub(crate) fn consulted(&self, trace: &Trace) -> Vec<SmolStr> {
        let mut texts: Vec<SmolStr> = trace
            .reads()
            .iter()
            .map(|read: &Read| read.text(self.policy()))
            .collect();
        texts.sort();
        texts.dedup();
        texts
    }
}

/// A layer as it is walked.
#[derive(Clone, Copy)]
pub(crate) struct LayerGraph<'e> {
    pub(crate) guardrail: bool,
    pub(crate) graph: &'e Graph,
    pub(crate) table: &'e Table,
}

/// A call or triple that was typed and whose names were looked up: it can be answered at
/// once, again and again.
pub struct Ready<'e> {
    engine: &'e Engine,
    question: Question<'e>,
    prepared: Result<Prepared<'e>, Reason>,
}

impl Ready<'_> {
    /// The answer.
    #[must_use]
    pub fn ruling(&self) -> Ruling {
        match &self.prepared {
            Ok(prepared) => runtime::ruling(self.engine, &self.question, prepared),
            Err(reason) => Ruling::Denied(*reason),
        }
    }
}
