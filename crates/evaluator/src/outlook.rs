//! Outlook: what becomes of a triple while some of what rules read is not told yet.
//!
//! A decision takes what is missing for undefined, and an undefined grant does not match:
//! right for a call, and misleading for a table of who may do what. Here, what the request
//! does not tell is *open*, as the arguments of a call are at issuance: `yes` holds for
//! every completion, `no` for every completion, and anything else `depends`.

use std::collections::BTreeSet;

use placet_model::decision::{Answer, Decision, Reason, RuleNote};
use placet_model::ids::{ActionId, FunctionId, PatternId, RuleId};
use placet_model::pattern::{Concrete, covers};
use placet_model::policy::{Approval, Consent, Entity, Moment, RuleKind};
use placet_model::question::{Asking, Given, Question};
use placet_model::render;
use placet_model::resource::ResourceRef;
use placet_model::value::{Duration, Time};
use smol_str::{SmolStr, format_smolstr};

use crate::bind::{self, Bound, declared};
use crate::call;
use crate::duties::{self, Offer, Subject, least};
use crate::engine::Engine;
use crate::eval::{Args, Eval, Place, Site};
use crate::inputs::{Inputs, Trace};
use crate::issuance::{Applies, OpenLayer, Pair};
use crate::pattern;
use crate::runtime::{Refusal, check_agents, leaf};
use crate::typed::{Invalid, Slot};

/// Whom a request tells everything of: an optional fact that it leaves out is then absent,
/// and a fact with a default has it. Of all others what is left out is open.
///
/// Open are also the time, histories, and facts of resources that the request leaves out, and
/// the arguments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The agent.
    pub agent: bool,
    /// The user.
    pub user: bool,
    /// The task.
    pub task: bool,
    /// The context.
    pub context: bool,
}

impl Told {
    const fn of(self, entity: Entity) -> bool {
        match entity {
            Entity::Agent => self.agent,
            Entity::User => self.user,
            Entity::Task => self.task,
            Entity::Context => self.context,
        }
    }
}

/// What becomes of a triple.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// Whether it is granted: always, never, or it depends.
    pub answer: Answer,
    /// What it depends on, as policy text, sorted: inputs that are open, and duties.
    pub depends_on: Vec<SmolStr>,
    /// The rules that decide. For `no` the denies that stand in the way of what is granted
    /// otherwise; none when no grant reaches it anyway.
    pub rules: Vec<RuleNote>,
    /// The longest that a grant can last.
    pub lifetime: Option<Duration>,
    /// The deepest that a chain can get.
    pub delegate: Option<u32>,
    /// The budgets that a grant is charged to, as policy text, sorted.
    pub budgets: Vec<SmolStr>,
}

impl Outlook {
    /// No, since no grant reaches it.
    #[must_use]
    pub const fn denied() -> Self {
        Self {
            answer: Answer::No,
            depends_on: Vec::new(),
            rules: Vec::new(),
            lifetime: None,
            delegate: None,
            budgets: Vec::new(),
        }
    }
}

/// Tells the outlook of a triple, by policy alone.
pub(crate) fn outlook(
    engine: &Engine,
    request: &Question<'_>,
    told: Told,
) -> Result<Outlook, Box<Decision>> {
    look(engine, request, told).map_err(|refusal| Box::new(engine.refused(&refusal)))
}

/// The patterns of each rule, by rule id, as this request fills them: an open hole stands
/// for any segments. What stands for too many patterns stands for all resources.
pub(crate) fn regions(
    engine: &Engine,
    request: &Question<'_>,
    told: Told,
) -> Result<Vec<Vec<(PatternId, Concrete)>>, Box<Decision>> {
    let policy = engine.policy();
    let bound = opened(engine, request, told, Moment::Runtime)
        .map_err(|refusal| Box::new(engine.refused(&refusal)))?;
    let trace = Trace::default();
    let nowhere = Concrete::ALL;
    let inputs = leaf(&bound);
    // Holes of rules read neither function nor action.
    let site = Site {
        function: FunctionId::new(0),
        action: ActionId::new(0),
        args: Args::Open,
        place: Place::Region(&nowhere),
    };
    let eval = Eval::new(inputs, site, &trace);
    let fill = |id: &PatternId| -> Vec<(PatternId, Concrete)> {
        match pattern::fill(&eval, *id) {
            Some(filled) => filled.all().map(|one| (*id, one.clone())).collect(),
            None => vec![(*id, Concrete::ALL)],
        }
    };
    Ok(policy
        .rules
        .iter()
        .map(|rule| rule.resources.iter().flat_map(fill).collect())
        .collect())
}

fn look(engine: &Engine, request: &Question<'_>, told: Told) -> Result<Outlook, Refusal> {
    let policy = engine.policy();
    let Asking::Triple {
        tool,
        action,
        resource,
    } = request.asked
    else {
        return Err(Invalid::new("", "this is not a question about a triple").into());
    };
    if request.credential.is_some() {
        return Err(Invalid::new("/credential", "an outlook is by policy alone").into());
    }
    let place = ResourceRef::parse(resource)
        .map_err(|error| Invalid::new("/resource", error.to_string()))?;
    let function = policy
        .function(tool)
        .ok_or_else(|| Refusal::new(Reason::UnknownTool, "unknown tool"))?;
    let action = policy
        .action(action)
        .ok_or_else(|| Refusal::new(Reason::UnknownAction, "unknown action"))?;
    if !call::is_instance(policy, function, action, place) {
        return Err(Invalid::new("/resource", "no resource of this function and action").into());
    }
    let bound = opened(engine, request, told, Moment::Runtime)?;
    check_agents(&bound)?;
    let region = Concrete::from(&place.to_resource());
    let site = Site {
        function,
        action,
        args: Args::Open,
        place: Place::Region(&region),
    };
    let trace = Trace::default();
    let mut looking = Looking {
        engine,
        request,
        inputs: leaf(&bound),
        trace: &trace,
        region: &region,
        found: Found::default(),
    };
    let pair = Pair::gather(engine, looking.inputs, site, &trace)?;
    looking.denies(&pair, None)?;
    // What can never be issued can never be used.
    let issuing = opened(engine, request, told, Moment::Issuance)?;
    let at_issue = Pair::gather(engine, leaf(&issuing), site, &trace)?;
    looking.denies(&at_issue, Some(Moment::Issuance))?;
    looking.assents_at_issuance(&at_issue)?;
    let mut granted = Some(true);
    for layer in &pair.layers {
        match looking.layer(&pair, layer)? {
            Answer::Yes => {}
            Answer::Depends => granted = granted.and(Some(false)),
            Answer::No => granted = None,
        }
    }
    Ok(looking.found.outlook(engine, granted))
}

/// A request, typed, where what is not told is open.
fn opened<'p>(
    engine: &'p Engine,
    request: &Question<'p>,
    told: Told,
    moment: Moment,
) -> Result<Bound<'p>, Refusal> {
    let policy = engine.policy();
    let mut bound = match (moment, request.time) {
        (Moment::Issuance, None) => {
            let some = Question {
                time: Some(Time(0)),
                ..*request
            };
            bind::bind(engine, &some, moment)?
        }
        _ => bind::bind(engine, request, moment)?,
    };
    for link in bound.links.iter_mut() {
        link.open = true;
        link.now = request.time;
        for (fact, slot) in policy.facts.iter().zip(link.facts.iter_mut()) {
            let (given, exists) = match fact.entity {
                Entity::Agent => (request.agent.facts, true),
                Entity::User => match request.user {
                    Some(user) => (user.facts, true),
                    None => (Given::NONE, false),
                },
                Entity::Task => match request.task {
                    Some(task) => (task.facts, true),
                    None => (Given::NONE, !told.task),
                },
                Entity::Context => (request.context, true),
            };
            let set = exists && given.get(&fact.field.name).is_some();
            let wanted = !fact.field.optional && fact.field.default.is_none();
            if exists && !set && (!told.of(fact.entity) || wanted) {
                *slot = Slot::Open;
            }
        }
        // What the policy says of an agent is told.
        for (id, value) in declared(policy, link.agent)
            .iter()
            .flat_map(|agent| &agent.facts)
        {
            if let Some(slot) = link.facts.get_mut(id.index()) {
                *slot = Slot::Known(value.clone());
            }
        }
        // Which calls a history holds hangs on the time and on the task.
        let selected = request.time.is_some() && (request.task.is_some() || told.task);
        for (history, slot) in policy.histories.iter().zip(link.histories.iter_mut()) {
            let mut names = request.histories.iter().map(|(name, _)| name);
            if !selected || !names.any(|name| *name == history.name) {
                *slot = Slot::Open;
            }
        }
        if !selected {
            link.lengths.fill(None);
        }
    }
    Ok(bound)
}

struct Looking<'a> {
    engine: &'a Engine,
    request: &'a Question<'a>,
    inputs: &'a Inputs<'a>,
    trace: &'a Trace,
    region: &'a Concrete,
    found: Found,
}

/// What was found so far.
#[derive(Default)]
struct Found {
    denying: Vec<RuleId>,
    doubtful: Vec<RuleId>,
    granting: Vec<RuleId>,
    depends: BTreeSet<SmolStr>,
    lifetime: Option<Duration>,
    delegate: Option<u32>,
    budgets: BTreeSet<SmolStr>,
}

impl Found {
    /// `granted` is whether every layer grants for certain; `None` when one never does.
    fn outlook(self, engine: &Engine, granted: Option<bool>) -> Outlook {
        let (answer, rules) = match granted {
            None => (Answer::No, Vec::new()),
            Some(_) if !self.denying.is_empty() => (Answer::No, self.denying),
            Some(true) if self.doubtful.is_empty() => (Answer::Yes, self.granting),
            Some(_) => (
                Answer::Depends,
                self.granting.into_iter().chain(self.doubtful).collect(),
            ),
        };
        let mut outlook = Outlook {
            answer,
            depends_on: Vec::new(),
            rules: engine.notes(rules),
            lifetime: None,
            delegate: None,
            budgets: Vec::new(),
        };
        if answer != Answer::No {
            outlook.lifetime = self.lifetime;
            outlook.delegate = self.delegate;
            outlook.budgets = self.budgets.into_iter().collect();
        }
        if answer == Answer::Depends {
            outlook.depends_on = self.depends.into_iter().collect();
        }
        outlook
    }
}

impl Looking<'_> {
    /// The denies that match, and those that may; only those that are pinned to a moment
    /// when one is given.
    fn denies(&mut self, pair: &Pair<'_>, pinned: Option<Moment>) -> Result<(), Refusal> {
        for layer in &pair.layers {
            for id in layer.rules(RuleKind::Deny) {
                let rule = self.engine.policy().rules.get(id.index());
                if pinned.is_some() && rule.is_none_or(|rule| rule.moment != pinned) {
                    continue;
                }
                self.trace.take_open();
                match pair.applies(layer, id, self.region)? {
                    Applies::Wholly => self.found.denying.push(id),
                    Applies::Perhaps => {
                        self.found.doubtful.push(id);
                        let open = self.open(pair, id);
                        self.found.depends.extend(open);
                    }
                    Applies::Never => {}
                }
            }
        }
        Ok(())
    }

    /// The assents that are asked for at issuance alone.
    fn assents_at_issuance(&mut self, pair: &Pair<'_>) -> Result<(), Refusal> {
        let policy = self.engine.policy();
        for layer in &pair.layers {
            for id in layer.rules(RuleKind::Require) {
                let pinned = policy
                    .rules
                    .get(id.index())
                    .filter(|rule| rule.moment == Some(Moment::Issuance));
                let Some(rule) = pinned else { continue };
                let duties = &rule.duties;
                let scopes = duties.approvals.iter().filter(|one| !one.per_call);
                let mut asks: Vec<SmolStr> = scopes
                    .filter_map(|one| policy.groups.get(one.group.index()))
                    .map(|group| per(format!("approval {}", render::name(&group.name)), false))
                    .collect();
                if duties.consent == Some(Consent::Scope) {
                    asks.push("consent".into());
                }
                self.trace.take_open();
                if !asks.is_empty() && pair.applies(layer, id, self.region)? != Applies::Never {
                    let open = self.open(pair, id);
                    self.found.doubtful.push(id);
                    self.found.depends.extend(open.into_iter().chain(asks));
                }
            }
        }
        Ok(())
    }

    /// What is open in a rule that was just looked at, its patterns included.
    fn open(&self, pair: &Pair<'_>, id: RuleId) -> Vec<SmolStr> {
        let patterns = self
            .engine
            .policy()
            .rules
            .get(id.index())
            .map(|rule| rule.resources.as_slice())
            .unwrap_or_default();
        let mut open = self.trace.take_open();
        for pattern in patterns {
            let filled = pattern::fill(&pair.eval_in(self.region), *pattern);
            let fills = self.trace.take_open();
            if filled.is_none_or(|filled| filled.all().any(|one| one.overlaps(self.region))) {
                open.extend(fills);
            }
        }
        open
    }

    /// Whether a layer grants, denies aside.
    fn layer(&mut self, pair: &Pair<'_>, layer: &OpenLayer<'_>) -> Result<Answer, Refusal> {
        let policy = self.engine.policy();
        let mut requires = Vec::new();
        let mut requires_open = BTreeSet::new();
        for id in layer.rules(RuleKind::Require) {
            self.trace.take_open();
            match pair.applies(layer, id, self.region)? {
                Applies::Never => {}
                Applies::Wholly => requires.push((id, true)),
                Applies::Perhaps => {
                    requires_open.extend(self.open(pair, id));
                    requires.push((id, false));
                }
            }
        }
        let mut grants: Vec<(Option<RuleId>, Vec<Concrete>, Vec<SmolStr>)> = Vec::new();
        if layer.guardrail {
            grants.push((None, vec![Concrete::ALL], Vec::new()));
        }
        for id in layer.rules(RuleKind::Grant) {
            self.trace.take_open();
            if pair.possible(layer, id, self.region)? {
                let open = self.open(pair, id);
                let certain = pair.certain(layer, id, self.region);
                grants.push((Some(id), certain, open));
            }
        }
        let mut offers = Vec::new();
        for (grant, certain, open) in grants {
            let mut offer = grant.map_or_else(Offer::guardrail, |id| Offer::grant(policy, id));
            let mut widest = (offer.lifetime, offer.delegate);
            for (id, sure) in &requires {
                let Some(rule) = policy.rules.get(id.index()) else {
                    continue;
                };
                offer.tighten(*id, &rule.duties);
                if *sure {
                    widest.0 = least(widest.0, rule.duties.lifetime);
                    widest.1 = least(widest.1, rule.duties.delegate);
                }
            }
            let (unmet, budgets) = self.duties(pair, &offer);
            offers.push(Outcome {
                covers: covers(&certain, self.region),
                rules: offer.rules,
                lifetime: offer.lifetime,
                delegate: offer.delegate,
                widest,
                open,
                unmet,
                budgets,
            });
        }
        Ok(self.found.layer(offers, requires_open))
    }

    /// The duties of an offer that are not met, and the budgets that it is charged to.
    fn duties(&self, pair: &Pair<'_>, offer: &Offer) -> (Vec<SmolStr>, Vec<SmolStr>) {
        let subject = Subject {
            tool: pair.tool(),
            action: pair.action(),
            region: self.region,
            call: None,
            at_call: true,
        };
        let eval = pair.eval_in(self.region);
        let standing = duties::standing(&eval, self.request, offer, &subject);
        self.trace.take_open();
        let (met, unmet) = (standing.met, standing.unmet);
        let policy = self.engine.policy();
        let mut texts = Vec::new();
        let rules = offer
            .rules
            .iter()
            .filter_map(|id| policy.rules.get(id.index()));
        let all: Vec<_> = rules.map(|rule| &rule.duties).collect();
        if !unmet.consents.is_empty() {
            let per_call = all
                .iter()
                .any(|duties| duties.consent == Some(Consent::PerCall));
            texts.push(per("consent".to_owned(), per_call));
        }
        for duty in &unmet.approvals {
            let is_group = |approval: &&Approval| {
                policy
                    .groups
                    .get(approval.group.index())
                    .is_some_and(|group| group.name == duty.group)
            };
            let per_call = all
                .iter()
                .flat_map(|duties| duties.approvals.iter().filter(is_group))
                .any(|approval| approval.per_call);
            let group = render::name(&duty.group);
            texts.push(per(format!("approval {group}"), per_call));
        }
        for duty in &unmet.budgets {
            texts.push(format_smolstr!("budget {}", duty.limit));
        }
        let budgets = met.budgets.iter().chain(&unmet.budgets);
        let budgets = budgets.map(|duty| duty.limit.clone()).collect();
        (texts, budgets)
    }
}

fn per(what: String, per_call: bool) -> SmolStr {
    if per_call {
        format_smolstr!("{what} per call")
    } else {
        what.into()
    }
}

/// A way in which a layer may grant.
struct Outcome {
    /// It matches for certain.
    covers: bool,
    rules: Vec<RuleId>,
    lifetime: Option<Duration>,
    delegate: Option<u32>,
    /// The limits without those requires that may not apply.
    widest: (Option<Duration>, Option<u32>),
    open: Vec<SmolStr>,
    unmet: Vec<SmolStr>,
    budgets: Vec<SmolStr>,
}

impl Found {
    fn layer(&mut self, offers: Vec<Outcome>, requires_open: BTreeSet<SmolStr>) -> Answer {
        if offers.is_empty() {
            return Answer::No;
        }
        // Of those that hold for certain one is taken, as at run time: what lasts longest,
        // then what delegates deepest. A limit that is absent is none at all.
        let rank = |offer: &Outcome| {
            (
                offer.lifetime.map_or(i64::MAX, |lifetime| lifetime.0),
                offer.delegate.unwrap_or(u32::MAX),
            )
        };
        let best = offers
            .iter()
            .filter(|offer| offer.covers && offer.unmet.is_empty())
            .fold(None::<&Outcome>, |best, offer| match best {
                Some(best) if rank(best) >= rank(offer) => Some(best),
                _ => Some(offer),
            });
        let (answer, taken): (Answer, Vec<&Outcome>) = match best {
            Some(best) => (Answer::Yes, vec![best]),
            None => (Answer::Depends, offers.iter().collect()),
        };
        let mut lifetime: Option<Option<Duration>> = None;
        let mut delegate: Option<Option<u32>> = None;
        for offer in taken {
            self.granting.extend(&offer.rules);
            self.budgets.extend(offer.budgets.iter().cloned());
            let widest = match answer {
                Answer::Yes => (offer.lifetime, offer.delegate),
                _ => offer.widest,
            };
            lifetime = Some(lifetime.map_or(widest.0, |known| most(known, widest.0)));
            delegate = Some(delegate.map_or(widest.1, |known| most(known, widest.1)));
            if answer == Answer::Depends {
                if !offer.covers {
                    self.depends.extend(offer.open.iter().cloned());
                }
                if !offer.unmet.is_empty() {
                    self.depends.extend(offer.unmet.iter().cloned());
                    self.depends.extend(requires_open.iter().cloned());
                }
            }
        }
        self.lifetime = least(self.lifetime, lifetime.flatten());
        self.delegate = least(self.delegate, delegate.flatten());
        answer
    }
}

/// The greater of two limits, where `None` is no limit.
fn most<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    Some(a?.max(b?))
}
