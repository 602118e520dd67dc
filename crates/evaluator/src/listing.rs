//! Listing: which tools are worth showing, before arguments exist.
//!
//! `yes` when every valid call is granted now, `no` when none is, else `depends`. Where
//! it cannot be told, the answer is `depends`.

use std::collections::BTreeSet;

use placet_model::credential::Scope;
use placet_model::decision::{Answer, Decision, Reason, ToolAnswer};
use placet_model::ids::{ActionId, FunctionId, PatternId, RuleId, TypeId};
use placet_model::pattern::{Concrete, covers};
use placet_model::policy::{Expr, Function, Line, Moment, RuleKind, Segment, Type};
use placet_model::question::{Asking, Question};
use placet_model::value::Time;
use smol_str::SmolStr;

use crate::bind::{self, Links};
use crate::duties::{self, Offer, Subject, covers_tool};
use crate::engine::Engine;
use crate::eval::{Args, Eval, Place, Site};
use crate::inputs::{Inputs, Trace};
use crate::issuance::{Applies, OpenLayer, Pair};
use crate::pattern;
use crate::runtime::{self, Refusal, check_agents, check_holder, leaf};
use crate::truth::Truths;
use crate::typed::{Invalid, brief};

/// Decides a listing.
pub(crate) fn decide(engine: &Engine, request: &Question<'_>) -> Decision {
    list(engine, request).unwrap_or_else(|refusal| engine.refused(&refusal))
}

fn list(engine: &Engine, request: &Question<'_>) -> Result<Decision, Refusal> {
    let policy = engine.policy();
    let Asking::Listing { tool } = request.asked else {
        return Err(Invalid::new("", "this is not a question about tools").into());
    };
    let bound = bind::bind(engine, request, Moment::Runtime)?;
    let wanted: Vec<FunctionId> = policy
        .functions
        .iter()
        .enumerate()
        .filter(|(_, function)| tool.is_none_or(|tool| covers_tool(tool, &function.path)))
        .map(|(at, _)| FunctionId::new(at))
        .collect();
    if wanted.is_empty() {
        let name = tool.map(brief).unwrap_or_default();
        return Err(Refusal::new(
            Reason::UnknownTool,
            format!("unknown tool `{name}`"),
        ));
    }
    leaf(&bound);
    check_agents(&bound)?;
    check_holder(request)?;
    let trace = Trace::default();
    let mut decision = engine.refusal(Reason::Granted, None);
    for function in wanted {
        let listing = Listing {
            engine,
            request,
            links: &bound.links,
            function,
            trace: &trace,
        };
        let (answer, mut depends_on) = listing.answer()?;
        // What can never be granted is not shown, unless it was asked for by name.
        let named = tool
            == policy
                .functions
                .get(function.index())
                .map(|f| f.path.as_str());
        if answer == Answer::No && !named {
            continue;
        }
        if answer != Answer::Depends {
            depends_on.clear();
        }
        decision.tools.push(ToolAnswer {
            tool: policy
                .functions
                .get(function.index())
                .map(|function| function.path.clone())
                .unwrap_or_default(),
            answer,
            depends_on: depends_on.into_iter().collect(),
        });
    }
    decision.consulted = engine.consulted(&trace);
    Ok(decision)
}

/// Shows `visit` every function, action and region about which a listing asks the rules, as
/// each agent of the chain; nothing, when it does not come so far.
pub(crate) fn visit(
    engine: &Engine,
    request: &Question<'_>,
    visit: &mut dyn FnMut(&Inputs<'_>, FunctionId, ActionId, &Concrete),
) {
    let policy = engine.policy();
    let Asking::Listing { tool } = request.asked else {
        return;
    };
    let Ok(bound) = bind::bind(engine, request, Moment::Runtime) else {
        return;
    };
    let trace = Trace::default();
    for (at, function) in policy.functions.iter().enumerate() {
        if !tool.is_none_or(|tool| covers_tool(tool, &function.path)) {
            continue;
        }
        let listing = Listing {
            engine,
            request,
            links: &bound.links,
            function: FunctionId::new(at),
            trace: &trace,
        };
        for line in &function.lines {
            if !listing.line_applies(line).may_be_true() {
                continue;
            }
            let templates = line.templates.iter();
            let regions = templates
                .filter_map(|template| policy.patterns.get(template.index()))
                .filter_map(pattern::region);
            for region in regions {
                let Ok((parts, _)) = listing.within(line.action, &region) else {
                    continue;
                };
                for part in parts {
                    for link in bound.links.iter() {
                        visit(link, listing.function, line.action, &part);
                    }
                }
            }
        }
    }
}

struct Listing<'a> {
    engine: &'a Engine,
    request: &'a Question<'a>,
    links: &'a Links<'a>,
    function: FunctionId,
    trace: &'a Trace,
}

type Depends = BTreeSet<SmolStr>;

impl Listing<'_> {
    fn answer(&self) -> Result<(Answer, Depends), Refusal> {
        let policy = self.engine.policy();
        let mut depends = Depends::new();
        let (mut all, mut none) = (true, true);
        let Some(function) = policy.functions.get(self.function.index()) else {
            return Ok((Answer::No, depends));
        };
        for line in &function.lines {
            let applies = self.line_applies(line);
            if !applies.may_be_true() {
                continue;
            }
            for template in &line.templates {
                let region = policy
                    .patterns
                    .get(template.index())
                    .and_then(pattern::region);
                let Some(region) = region else { continue };
                match self.region(line.action, &region, &mut depends)? {
                    Answer::Yes => none = false,
                    // What every call does too is never granted, and so no call is.
                    Answer::No if applies.is_true() && self.is_certain(function, *template) => {
                        self.trace.take_open();
                        return Ok((Answer::No, Depends::new()));
                    }
                    Answer::No => all = false,
                    Answer::Depends => (all, none) = (false, false),
                }
            }
        }
        depends.extend(self.trace.take_open());
        if !all && !none && depends.is_empty() {
            depends.insert("resource".into());
        }
        Ok((
            match (all, none) {
                (_, true) => Answer::No,
                (true, false) => Answer::Yes,
                (false, false) => Answer::Depends,
            },
            depends,
        ))
    }

    /// Whether a call does what a line says, before it is known.
    fn line_applies(&self, line: &Line) -> Truths {
        let acting = self.links.acting();
        line.when.map_or(Truths::TRUE, |when| {
            let nowhere = Concrete::ALL;
            let site = self.site(line.action, &nowhere);
            Eval::new(acting, site, self.trace).truth(when, None)
        })
    }

    /// Whether each call of a function makes a request of this template: nothing in it is
    /// optional or a list.
    fn is_certain(&self, function: &Function, template: PatternId) -> bool {
        let policy = self.engine.policy();
        let params = function.params.and_then(|id| policy.types.get(id.index()));
        let (Some(template), Some(Type::Record(params))) =
            (policy.patterns.get(template.index()), params)
        else {
            return false;
        };
        let is_one = |ty: TypeId| {
            !matches!(
                policy.types.get(ty.index()),
                None | Some(Type::Set(_) | Type::List(_))
            )
        };
        template.segments.iter().all(|segment| match segment {
            Segment::Hole(hole) => match policy.exprs.get(hole.value.index()) {
                Some(Expr::Arg(name)) => params.iter().any(|param| {
                    param.name == *name
                        && (!param.optional || param.default.is_some())
                        && is_one(param.ty)
                }),
                _ => false,
            },
            _ => true,
        })
    }

    fn site<'r>(&self, action: ActionId, region: &'r Concrete) -> Site<'r> {
        Site {
            function: self.function,
            action,
            args: Args::Open,
            place: Place::Region(region),
        }
    }

    /// Whether calls that touch a region are granted.
    fn region(
        &self,
        action: ActionId,
        region: &Concrete,
        depends: &mut Depends,
    ) -> Result<Answer, Refusal> {
        let (parts, mut certain) = self.within(action, region)?;
        if parts.is_empty() {
            return Ok(Answer::No);
        }
        if !certain {
            depends.insert("resource".into());
        }
        let pairs = self
            .links
            .iter()
            .map(|link| Pair::gather(self.engine, link, self.site(action, region), self.trace))
            .collect::<Result<Vec<_>, _>>()?;
        for pair in &pairs {
            for layer in &pair.layers {
                for id in layer.rules(RuleKind::Deny) {
                    match pair.applies(layer, id, region)? {
                        Applies::Wholly => return Ok(Answer::No),
                        Applies::Perhaps => certain = false,
                        Applies::Never => {}
                    }
                }
            }
        }
        for (at, pair) in pairs.iter().enumerate() {
            let acting = at + 1 == pairs.len();
            for layer in &pair.layers {
                match self.layer(pair, layer, acting, region, &parts, depends)? {
                    Answer::No => return Ok(Answer::No),
                    Answer::Depends => certain = false,
                    Answer::Yes => {}
                }
            }
        }
        Ok(if certain {
            Answer::Yes
        } else {
            Answer::Depends
        })
    }

    /// The parts of a region that the credentials of the chain hold, and whether that is
    /// all of it.
    fn within(
        &self,
        action: ActionId,
        region: &Concrete,
    ) -> Result<(Vec<Concrete>, bool), Refusal> {
        let policy = self.engine.policy();
        let mut parts = vec![region.clone()];
        let mut certain = true;
        let (Some(held), Some(now)) = (self.request.credential, self.request.time) else {
            return Ok((parts, certain));
        };
        let path = policy
            .functions
            .get(self.function.index())
            .map(|function| &function.path);
        let name = policy
            .actions
            .get(action.index())
            .map(|action| &action.name);
        let carries = |scope: &&Scope| {
            Some(&scope.tool) == path && Some(&scope.action) == name && now < scope.not_after
        };
        for link in runtime::chain(held) {
            let held: Vec<_> = link
                .scopes
                .iter()
                .filter(carries)
                .filter_map(runtime::region)
                .collect();
            let whole: Vec<Concrete> = held
                .iter()
                .filter(|held| held.except().is_empty())
                .map(|held| held.pattern().clone())
                .collect();
            certain = certain && covers(&whole, region);
            let mut next: Vec<Concrete> = Vec::new();
            for part in &parts {
                for held in &held {
                    let shared = part.intersect(held.pattern()).ok_or_else(too_complex)?;
                    next.extend(
                        shared
                            .into_iter()
                            .filter(|part| !covers(held.except(), part)),
                    );
                }
            }
            next.sort();
            next.dedup();
            parts = next;
        }
        Ok((parts, certain))
    }

    /// Whether a layer grants a region.
    fn layer(
        &self,
        pair: &Pair<'_>,
        layer: &OpenLayer<'_>,
        acting: bool,
        region: &Concrete,
        parts: &[Concrete],
        depends: &mut Depends,
    ) -> Result<Answer, Refusal> {
        let mut grants: Vec<Option<RuleId>> = Vec::new();
        if layer.guardrail {
            grants.push(None);
        } else {
            for id in layer.rules(RuleKind::Grant) {
                let mut possible = false;
                for part in parts {
                    possible = possible || pair.possible(layer, id, part)?;
                }
                if possible {
                    grants.push(Some(id));
                }
            }
        }
        let mut certain: Vec<Concrete> = Vec::new();
        let mut may = false;
        for grant in grants {
            let patterns = match grant {
                None => vec![Concrete::ALL],
                Some(id) => pair.certain(layer, id, region),
            };
            if !acting {
                // Duties and lifetimes are the acting agent's.
                may = true;
                certain.extend(patterns);
                continue;
            }
            let Some((offer, sure)) = self.offer(pair, layer, grant, region)? else {
                continue;
            };
            may = true;
            if self.met(pair, &offer, region, depends) && sure {
                certain.extend(patterns);
            }
        }
        Ok(if !may {
            Answer::No
        } else if covers(&certain, region) {
            Answer::Yes
        } else {
            Answer::Depends
        })
    }

    /// What a grant offers with all requires that may apply; `None` when even without the
    /// doubtful ones it has lapsed, and `false` when with them it has.
    fn offer(
        &self,
        pair: &Pair<'_>,
        layer: &OpenLayer<'_>,
        grant: Option<RuleId>,
        region: &Concrete,
    ) -> Result<Option<(Offer, bool)>, Refusal> {
        let policy = self.engine.policy();
        let mut offer = grant.map_or_else(Offer::guardrail, |id| Offer::grant(policy, id));
        let mut least_offer = offer.clone();
        for id in layer.rules(RuleKind::Require) {
            let Some(rule) = policy.rules.get(id.index()) else {
                continue;
            };
            match pair.applies(layer, id, region)? {
                Applies::Never => continue,
                Applies::Wholly => least_offer.tighten(id, &rule.duties),
                Applies::Perhaps => {}
            }
            offer.tighten(id, &rule.duties);
        }
        let issued = self.links.acting().issued;
        let lapsed = |offer: &Offer| match (issued, offer.lifetime, self.request.time) {
            (Some(issued), Some(lifetime), Some(now)) => {
                now >= issued.plus(lifetime).unwrap_or(Time(i64::MAX))
            }
            _ => false,
        };
        Ok((!lapsed(&least_offer)).then(|| {
            let sure = !lapsed(&offer);
            (offer, sure)
        }))
    }

    /// Whether the duties of an offer are met for every call.
    fn met(
        &self,
        pair: &Pair<'_>,
        offer: &Offer,
        region: &Concrete,
        depends: &mut Depends,
    ) -> bool {
        let subject = Subject {
            tool: pair.tool(),
            action: pair.action(),
            region,
            call: None,
            at_call: true,
        };
        let standing = duties::standing(&pair.eval_in(region), self.request, offer, &subject);
        let unmet = &standing.unmet;
        let names = [
            (!unmet.consents.is_empty(), "consent"),
            (!unmet.approvals.is_empty(), "approval"),
            (!unmet.budgets.is_empty(), "budget"),
        ];
        depends.extend(
            names
                .into_iter()
                .filter(|(missing, _)| *missing)
                .map(|(_, name)| SmolStr::new(name)),
        );
        standing.missing() == 0
    }
}

fn too_complex() -> Refusal {
    Invalid::new("", "the answer splits into too many patterns").into()
}
