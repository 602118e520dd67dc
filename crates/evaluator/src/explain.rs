//! Explanations: for the people who run a policy, clause by clause.
//!
//! They are made on demand and tell more than a holder may know: an explanation is an
//! oracle for an attacker.

use placet_model::decision::{Became, Decision, DutyCover, Obligations, Reason, ScopeOutcome};
use placet_model::graph::Truth;
use placet_model::ids::{ActionId, FunctionId, LayerId, NodeId, PatternId, RuleId};
use placet_model::pattern::Concrete;
use placet_model::policy::RuleKind;
use placet_model::question::{Asking, Question};
use placet_model::render;
use smol_str::{SmolStr, format_smolstr};

use crate::bind;
use crate::clauses::clauses;
use crate::duties::covers_tool;
use crate::engine::Engine;
use crate::eval::{Args, Eval, Place, Site};
use crate::inputs::{Inputs, Trace};
use crate::pattern;
use crate::runtime::{self, Prepared};
use crate::truth::Truths;
use crate::walk;

/// How many grants that nearly matched are shown per layer.
const NEAREST: usize = 3;

/// Why a request was decided as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The decision.
    pub decision: Decision,
    /// Facts in the request that the policy does not declare, as `agent.tier`.
    pub ignored: Vec<SmolStr>,
    /// What was asked: a call may be several requests; at issuance, each scope that was
    /// not granted in whole.
    pub asked: Vec<AskedView>,
}

/// One thing that was asked, seen by one agent of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedView {
    /// The agent whose rules are shown.
    pub agent: SmolStr,
    /// The function's path.
    pub tool: SmolStr,
    /// The action.
    pub action: SmolStr,
    /// The resource; at issuance a pattern.
    pub resource: SmolStr,
    /// What the credential says, where it is what decides.
    pub credential: Vec<SmolStr>,
    /// Layer by layer.
    pub layers: Vec<LayerView>,
}

/// What a layer makes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerView {
    /// The layer's name.
    pub layer: SmolStr,
    /// In a word.
    pub verdict: LayerVerdict,
    /// The rules that matched; where no grant did, the grants that came nearest; then those
    /// that were to be shown in any case.
    pub rules: Vec<RuleView>,
    /// The nodes of the layer's graph that were visited, in order.
    pub path: Vec<NodeId>,
}

/// What a layer makes of a request, in a word. Duties are in the decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayerVerdict {
    /// A deny matches.
    Denies,
    /// No deny matches, and some grant does.
    Grants,
    /// No deny matches in a guardrail layer.
    Passes,
    /// No grant matches.
    GrantsNothing,
}

/// A rule, clause by clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleView {
    /// `layer/rule`
    pub name: SmolStr,
    /// Its kind.
    pub kind: RuleKind,
    /// Who owns it.
    pub owner: Option<SmolStr>,
    /// Its doc comment.
    pub doc: SmolStr,
    /// Whether it matches.
    pub truth: Truth,
    /// Its clauses, in the order of the language.
    pub clauses: Vec<Clause>,
}

impl RuleView {
    /// Whether a clause tells why the rule matches or does not. People look for what keeps
    /// a rule from matching, and for what makes a deny or require match.
    #[must_use]
    pub fn is_told_by(&self, clause: &Clause) -> bool {
        match self.kind {
            RuleKind::Grant => clause.truth != Truth::True,
            RuleKind::Deny | RuleKind::Require if self.truth == Truth::False => {
                clause.truth == Truth::False
            }
            RuleKind::Deny | RuleKind::Require => clause.truth != Truth::False,
        }
    }
}

/// A clause, or one of the conditions that a clause joins by `and`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// As policy text.
    pub text: SmolStr,
    /// Whether it holds.
    pub truth: Truth,
    /// What was found: `context.risk is 72`.
    pub found: Vec<SmolStr>,
    /// What would have made it hold, where that can be said.
    pub needs: Option<SmolStr>,
}

/// What an explanation shows besides what decided.
#[derive(Clone, Copy)]
pub(crate) enum Also<'a> {
    /// Nothing.
    Nothing,
    /// These rules wherever they are not shown anyway, and the scopes that were granted in
    /// whole.
    Rules(&'a [SmolStr]),
}

/// Explains a decision that was made about a request.
pub(crate) fn explain(
    engine: &Engine,
    request: &Question<'_>,
    decision: Decision,
    also: Also<'_>,
) -> Explanation {
    let moment = match request.asked {
        Asking::Scopes { .. } => placet_model::policy::Moment::Issuance,
        _ => placet_model::policy::Moment::Runtime,
    };
    let bound = bind::bind(engine, request, moment);
    let ignored = match bound {
        Ok(_) => bind::ignored(engine.policy(), request),
        Err(_) => Vec::new(),
    };
    let trace = Trace::default();
    let asked = match request.asked {
        Asking::Call { .. } | Asking::Triple { .. } => runtime::prepare(engine, request, &trace)
            .map(|prepared| calls(engine, request, &prepared, &decision, also))
            .unwrap_or_default(),
        Asking::Scopes { .. } => bound
            .ok()
            .map(|bound| scopes(engine, bound.links.acting(), &decision, also))
            .unwrap_or_default(),
        Asking::Listing { .. } => Vec::new(),
    };
    let mut explanation = Explanation {
        decision,
        ignored,
        asked,
    };
    if let Also::Rules(names) = also {
        names.iter().for_each(|name| explanation.focus(name));
    }
    explanation.decision.explanation = explanation.lines();
    explanation
}

fn calls(
    engine: &Engine,
    request: &Question<'_>,
    prepared: &Prepared<'_>,
    decision: &Decision,
    also: Also<'_>,
) -> Vec<AskedView> {
    let mut views = Vec::new();
    let args = prepared.args.as_ref().map_or(Args::Open, Args::Known);
    for (triple, held) in prepared.triples.iter().zip(&prepared.held) {
        let site = Site {
            function: triple.function,
            action: triple.action,
            args,
            place: Place::Exact(triple.resource.get()),
        };
        let credential = match held {
            Ok(_) => Vec::new(),
            Err(_) => held_scopes(engine, request, triple.function),
        };
        for link in prepared.bound.links.iter() {
            let acting = std::ptr::eq(link, prepared.bound.links.acting());
            let layers = layers(engine, link, site, also);
            // Agents above the acting one are shown only where they are in the way.
            let blocked = layers.iter().any(|layer| {
                matches!(
                    layer.verdict,
                    LayerVerdict::Denies | LayerVerdict::GrantsNothing
                )
            });
            let outside = held.is_err() && decision.reason < Reason::DeniedByRule;
            if acting || (blocked && !outside) {
                views.push(view(
                    engine,
                    link,
                    site,
                    triple.resource.get().as_str(),
                    &credential,
                    layers,
                ));
            }
        }
    }
    views
}

fn view(
    engine: &Engine,
    link: &Inputs<'_>,
    site: Site<'_>,
    resource: &str,
    credential: &[SmolStr],
    layers: Vec<LayerView>,
) -> AskedView {
    let policy = engine.policy();
    let function = policy.functions.get(site.function.index());
    let action = policy.actions.get(site.action.index());
    AskedView {
        agent: link.agent.into(),
        tool: function
            .map(|function| function.path.clone())
            .unwrap_or_default(),
        action: action.map(|action| action.name.clone()).unwrap_or_default(),
        resource: resource.into(),
        credential: credential.to_vec(),
        layers,
    }
}

/// What the credential carries for a function.
fn held_scopes(engine: &Engine, request: &Question<'_>, function: FunctionId) -> Vec<SmolStr> {
    let path = engine
        .policy()
        .functions
        .get(function.index())
        .map(|function| &function.path);
    let Some(held) = request.credential else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    for (depth, link) in runtime::chain(held).enumerate() {
        let whose = if depth == 0 {
            SmolStr::new_static("the credential")
        } else {
            format_smolstr!("the credential of `{}` above it", link.agent.id)
        };
        let scopes: Vec<_> = link
            .scopes
            .iter()
            .filter(|scope| Some(&scope.tool) == path)
            .collect();
        if scopes.is_empty() {
            lines.push(format_smolstr!("{whose} carries nothing for this tool"));
        }
        for scope in scopes {
            let except = match scope.except.as_slice() {
                [] => String::new(),
                cuts => format!(" except {}", quoted(cuts)),
            };
            lines.push(format_smolstr!(
                "{whose} carries {} \"{}\"{except} until {}",
                scope.action,
                scope.resource,
                scope.not_after
            ));
        }
    }
    lines
}

fn quoted(texts: &[SmolStr]) -> String {
    texts
        .iter()
        .map(|text| format!("\"{text}\""))
        .collect::<Vec<_>>()
        .join(", ")
}

fn scopes(
    engine: &Engine,
    acting: &Inputs<'_>,
    decision: &Decision,
    also: Also<'_>,
) -> Vec<AskedView> {
    let mut views = Vec::new();
    for outcome in &decision.scopes {
        if outcome.became == Became::Granted && matches!(also, Also::Nothing) {
            continue;
        }
        let Some((function, action)) = example(engine, outcome) else {
            continue;
        };
        for text in &outcome.requested.resources {
            let Ok(region) = Concrete::parse(text) else {
                continue;
            };
            let site = Site {
                function,
                action,
                args: Args::Open,
                place: Place::Region(&region),
            };
            let layers = layers(engine, acting, site, also);
            views.push(view(engine, acting, site, text, &[], layers));
        }
    }
    views
}

/// A function and action that a requested scope covers and that was not issued.
fn example(engine: &Engine, outcome: &ScopeOutcome) -> Option<(FunctionId, ActionId)> {
    let policy = engine.policy();
    let wanted = &outcome.requested;
    let any = wanted.actions.iter().any(|action| action == "any");
    let pairs = policy
        .functions
        .iter()
        .enumerate()
        .flat_map(|(at, function)| {
            function
                .lines
                .iter()
                .map(move |line| (FunctionId::new(at), function, line.action))
        });
    let mut covered = pairs.filter_map(|(id, function, action)| {
        let name = &policy.actions.get(action.index())?.name;
        let issued = outcome
            .scopes
            .iter()
            .any(|scope| scope.tool == function.path && scope.action == *name);
        (covers_tool(&wanted.tool, &function.path) && (any || wanted.actions.contains(name)))
            .then_some((issued, (id, action)))
    });
    let first = covered.next()?;
    if !first.0 {
        return Some(first.1);
    }
    Some(
        covered
            .find(|(issued, _)| !issued)
            .map_or(first.1, |(_, pair)| pair),
    )
}

fn layers(engine: &Engine, link: &Inputs<'_>, site: Site<'_>, also: Also<'_>) -> Vec<LayerView> {
    let policy = engine.policy();
    let trace = Trace::default();
    let eval = Eval::new(link, site, &trace);
    let mut views = Vec::new();
    for (at, graph) in engine.graphs().iter().enumerate() {
        let id = LayerId::new(at);
        let mut path = Vec::new();
        let mut matched: Vec<RuleId> = Vec::new();
        for arm in walk::gather(graph, &eval, Some(&mut path)) {
            let resource = |pattern| covered(&eval, pattern);
            let truths = walk::run(graph, &eval, arm.test, resource, &mut Some(&mut path));
            let kind = policy.rules.get(arm.rule.index()).map(|rule| rule.kind);
            let open = matches!(site.place, Place::Region(_));
            let counts = kind.is_some_and(|kind| {
                runtime::matches(kind, truths)
                    || (open && kind == RuleKind::Grant && truths.may_be_true())
            });
            // Before there is a call, a deny is shown only where it certainly cuts.
            let cuts = !open || kind != Some(RuleKind::Deny) || !truths.may_be_false();
            if counts && cuts && matched.last() != Some(&arm.rule) {
                matched.push(arm.rule);
            }
        }
        let of_kind = |kind: RuleKind| {
            move |id: &RuleId| {
                policy
                    .rules
                    .get(id.index())
                    .is_some_and(|rule| rule.kind == kind)
            }
        };
        let denies: Vec<RuleId> = matched
            .iter()
            .copied()
            .filter(of_kind(RuleKind::Deny))
            .collect();
        let grants: Vec<RuleId> = matched
            .iter()
            .copied()
            .filter(of_kind(RuleKind::Grant))
            .collect();
        let requires = matched.iter().copied().filter(of_kind(RuleKind::Require));
        let (verdict, mut shown) = if !denies.is_empty() {
            (LayerVerdict::Denies, denies)
        } else if engine.is_guardrail(id) {
            (LayerVerdict::Passes, requires.collect())
        } else if grants.is_empty() {
            (LayerVerdict::GrantsNothing, nearest(engine, &eval, id))
        } else {
            (
                LayerVerdict::Grants,
                grants.into_iter().chain(requires).collect(),
            )
        };
        for rule in wanted(engine, id, also) {
            if !shown.contains(&rule) {
                shown.push(rule);
            }
        }
        views.push(LayerView {
            layer: policy
                .layers
                .get(at)
                .map(|layer| layer.name.clone())
                .unwrap_or_default(),
            verdict,
            rules: shown
                .into_iter()
                .filter_map(|id| rule_view(engine, &eval, id))
                .collect(),
            path,
        });
    }
    views
}

/// The rules of a layer that are to be shown whatever they did.
fn wanted(engine: &Engine, layer: LayerId, also: Also<'_>) -> Vec<RuleId> {
    let Also::Rules(names) = also else {
        return Vec::new();
    };
    let policy = engine.policy();
    let rules = policy.rules.iter().enumerate();
    rules
        .filter(|(_, rule)| rule.layer == layer)
        .map(|(at, _)| RuleId::new(at))
        .filter(|id| names.contains(&policy.rule_name(*id)))
        .collect()
}

/// The resource clause of an arm. Of a pattern that is asked for, it certainly covers all
/// or nothing, or it covers a part.
fn covered(eval: &Eval<'_>, id: PatternId) -> Truths {
    let Place::Region(region) = eval.site.place else {
        return walk::resource(eval, Some(id));
    };
    match pattern::fill(eval, id) {
        Some(filled) if filled.patterns.iter().any(|all| all.includes(region)) => Truths::TRUE,
        Some(filled)
            if !filled.open
                && !filled
                    .patterns
                    .iter()
                    .chain(&filled.undefined)
                    .any(|some| some.overlaps(region)) =>
        {
            Truths::FALSE
        }
        _ => Truths::OPEN,
    }
}

/// The grants of a layer with the fewest clauses in the way; another tool or action is
/// farther than anything else.
fn nearest(engine: &Engine, eval: &Eval<'_>, layer: LayerId) -> Vec<RuleId> {
    let policy = engine.policy();
    let mut grants: Vec<(usize, &SmolStr, RuleId)> = policy
        .rules
        .iter()
        .enumerate()
        .filter(|(_, rule)| rule.layer == layer && rule.kind == RuleKind::Grant)
        .map(|(at, rule)| {
            let far = [walk::functions(eval, rule), walk::actions(eval, rule)];
            let far = far.into_iter().filter(|truths| !truths.is_true()).count();
            let failing = clauses(eval, rule)
                .into_iter()
                .filter(|clause| clause.truth != Truth::True)
                .count();
            (far * 100 + failing, &rule.name, RuleId::new(at))
        })
        .collect();
    grants.sort();
    let best = grants.first().map_or(0, |(distance, ..)| *distance);
    grants
        .into_iter()
        .filter(|(distance, ..)| *distance < 100 || *distance == best)
        .take(NEAREST)
        .map(|(.., id)| id)
        .collect()
}

fn rule_view(engine: &Engine, eval: &Eval<'_>, id: RuleId) -> Option<RuleView> {
    let policy = engine.policy();
    let rule = policy.rules.get(id.index())?;
    let clauses = clauses(eval, rule);
    let truth = clauses
        .iter()
        .map(|clause| clause.truth)
        .min()
        .unwrap_or(Truth::True);
    Some(RuleView {
        name: policy.rule_name(id),
        kind: rule.kind,
        owner: rule.owner().cloned(),
        doc: rule.doc.clone(),
        truth,
        clauses,
    })
}

impl Explanation {
    /// Leaves out a rule where another tool or action is asked about, if it is about one
    /// that is asked about as well.
    fn focus(&mut self, name: &str) {
        let elsewhere = |rule: &RuleView| {
            let mut clauses = rule.clauses.iter();
            clauses.any(|clause| {
                let about = clause.text.starts_with("tool ") || clause.text.starts_with("action ");
                about && clause.truth == Truth::False
            })
        };
        let shown = |asked: &AskedView| -> bool {
            let mut rules = asked.layers.iter().flat_map(|layer| &layer.rules);
            rules.any(|rule| rule.name == name && !elsewhere(rule))
        };
        if self.asked.iter().any(shown) {
            let layers = self.asked.iter_mut().flat_map(|asked| &mut asked.layers);
            for layer in layers.filter(|layer| layer.verdict != LayerVerdict::GrantsNothing) {
                layer
                    .rules
                    .retain(|rule| rule.name != name || !elsewhere(rule));
            }
        }
    }

    /// The explanation as lines of text for people.
    #[must_use]
    pub fn lines(&self) -> Vec<SmolStr> {
        let mut lines: Vec<SmolStr> = self.decision.explanation.clone();
        for scope in &self.decision.scopes {
            scope_line(scope, &mut lines);
        }
        for asked in &self.asked {
            asked_lines(asked, self.decision.reason, &mut lines);
        }
        if self.decision.reason != Reason::Granted {
            duty_lines(&self.decision.obligations, &mut lines);
        }
        if !self.ignored.is_empty() && self.decision.reason != Reason::Granted {
            let names: Vec<String> = self
                .ignored
                .iter()
                .map(|name| format!("`{name}`"))
                .collect();
            lines.push(format_smolstr!(
                "note: the policy does not declare {}, so nothing reads {}",
                names.join(", "),
                if names.len() == 1 { "it" } else { "them" },
            ));
        }
        lines
    }
}

fn scope_line(scope: &ScopeOutcome, lines: &mut Vec<SmolStr>) {
    let asked = format!(
        "{} {} {}",
        scope.requested.tool,
        scope.requested.actions.join(", "),
        quoted(&scope.requested.resources)
    );
    lines.push(match scope.became {
        Became::Denied => format_smolstr!("{asked}: denied, {}", scope.reason),
        became => {
            let mut patterns: Vec<SmolStr> = scope
                .scopes
                .iter()
                .map(|scope| scope.resource.clone())
                .collect();
            patterns.sort();
            patterns.dedup();
            let to = if became == Became::Narrowed {
                format!(" to {}", quoted(&patterns))
            } else {
                String::new()
            };
            let rules: Vec<&str> = scope.rules.iter().map(|rule| rule.name.as_str()).collect();
            format_smolstr!("{asked}: {}{to} by {}", became.name(), rules.join(", "))
        }
    });
}

/// What to ask for.
fn duty_lines(unmet: &Obligations, lines: &mut Vec<SmolStr>) {
    let to = |covers: &[DutyCover]| {
        let texts: Vec<String> = covers
            .iter()
            .map(|cover| match cover {
                DutyCover::Call(_) => "this call".to_owned(),
                DutyCover::Scope(tool, action, resource) => {
                    format!("{tool} {action} \"{resource}\"")
                }
            })
            .collect();
        texts.join(", ")
    };
    for duty in &unmet.approvals {
        let but = duty
            .user
            .as_ref()
            .map(|user| format!(" other than `{user}`"));
        lines.push(format_smolstr!(
            "needs approval of {} by a member of `{}`{}",
            to(&duty.covers),
            duty.group,
            but.unwrap_or_default()
        ));
    }
    for duty in &unmet.consents {
        let to = to(&duty.covers);
        lines.push(match &duty.by {
            Some(user) => format_smolstr!("needs consent of `{user}` to {to}"),
            None => format_smolstr!(
                "needs consent to {to}, which nobody can give: the agent acts for no user"
            ),
        });
    }
    for duty in &unmet.budgets {
        let spent = duty.spent.as_deref().unwrap_or("0");
        lines.push(match &duty.charge {
            Some(charge) => format_smolstr!(
                "the budget of {} is {}: {spent} are spent, and this call takes {charge}",
                duty.rule,
                duty.limit
            ),
            None => format_smolstr!(
                "the budget of {} is {}, and what this call takes cannot be told",
                duty.rule,
                duty.limit
            ),
        });
    }
}

fn asked_lines(asked: &AskedView, reason: Reason, lines: &mut Vec<SmolStr>) {
    lines.push(format_smolstr!(
        "`{}` wants to {} `{}` with `{}`",
        asked.agent,
        asked.action,
        asked.resource,
        asked.tool
    ));
    if !asked.credential.is_empty() {
        lines.extend(
            asked
                .credential
                .iter()
                .map(|line| format_smolstr!("  {line}")),
        );
        // What the credential does not carry no rule can give.
        if matches!(reason, Reason::OutOfScope | Reason::Expired) {
            return;
        }
    }
    for layer in &asked.layers {
        let said = match layer.verdict {
            LayerVerdict::Denies => "a deny matches",
            LayerVerdict::Grants => "a grant matches",
            LayerVerdict::Passes => "no deny matches, and this layer grants by default",
            LayerVerdict::GrantsNothing if layer.rules.is_empty() => {
                "no grant matches, and none is near"
            }
            LayerVerdict::GrantsNothing => "no grant matches; nearest:",
        };
        lines.push(format_smolstr!("  layer {}: {said}", layer.layer));
        for rule in &layer.rules {
            let owner = rule
                .owner
                .as_ref()
                .map(|owner| format!(", owner {owner}"))
                .unwrap_or_default();
            lines.push(format_smolstr!(
                "    {} {}{owner}",
                rule.kind.name(),
                rule.name
            ));
            lines.extend(
                rule.doc
                    .lines()
                    .map(|line| format_smolstr!("      /// {line}")),
            );
            for clause in &rule.clauses {
                clause_lines(clause, rule, lines);
            }
        }
    }
}

fn clause_lines(clause: &Clause, rule: &RuleView, lines: &mut Vec<SmolStr>) {
    let mark = match clause.truth {
        Truth::True => "yes",
        Truth::False => "no ",
        Truth::Undefined => "?? ",
    };
    let mut line = format!("      {mark} {}", clause.text);
    if rule.is_told_by(clause) && !clause.found.is_empty() {
        line.push_str(&format!("    [{}]", clause.found.join("; ")));
    }
    lines.push(line.into());
    if clause.truth != Truth::True
        && rule.kind == RuleKind::Grant
        && let Some(needs) = &clause.needs
    {
        lines.push(format_smolstr!("          would hold with {needs}"));
    }
}

/// A value for people.
pub(crate) fn shown(value: &placet_model::value::Value) -> String {
    const LONGEST: usize = 80;
    let text = render::value(value);
    if text.chars().count() <= LONGEST {
        return text;
    }
    text.chars().take(LONGEST).chain(['…']).collect()
}
