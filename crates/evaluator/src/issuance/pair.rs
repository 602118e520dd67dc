//! One function and action before there is a call: which rules can touch a region.

use placet_model::graph::Graph;
use placet_model::ids::{LayerId, PatternId, RuleId};
use placet_model::pattern::{Concrete, covers};
use placet_model::policy::{Rule, RuleKind};
use smol_str::SmolStr;

use super::too_complex;
use crate::engine::Engine;
use crate::eval::{Eval, Place, Site};
use crate::inputs::{Inputs, Trace};
use crate::pattern::{self, Filled};
use crate::runtime::Refusal;
use crate::truth::Truths;
use crate::walk::{self, Arm};

/// Whether a deny or require applies to a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Applies {
    /// To all of it, in every completion.
    Wholly,
    /// To a part, or in some completion.
    Perhaps,
    /// Not at all.
    Never,
}

/// One function and action before there is a call, with the arms that can touch it.
pub(crate) struct Pair<'a> {
    engine: &'a Engine,
    inputs: &'a Inputs<'a>,
    site: Site<'a>,
    trace: &'a Trace,
    pub(crate) layers: Vec<OpenLayer<'a>>,
}

/// The arms of a layer with their patterns filled.
pub(crate) struct OpenLayer<'a> {
    pub(crate) guardrail: bool,
    graph: &'a Graph,
    arms: Vec<(Arm, RuleKind, Filled)>,
}

impl OpenLayer<'_> {
    /// The rules of a kind that have arms here, in order.
    pub(crate) fn rules(&self, kind: RuleKind) -> impl Iterator<Item = RuleId> {
        let mut rules: Vec<RuleId> = self
            .arms
            .iter()
            .filter(|(_, of, _)| *of == kind)
            .map(|(arm, _, _)| arm.rule)
            .collect();
        rules.dedup();
        rules.into_iter()
    }

    fn arms(&self, rule: RuleId) -> impl Iterator<Item = (Arm, &Filled)> {
        self.arms
            .iter()
            .filter(move |(arm, _, _)| arm.rule == rule)
            .map(|(arm, _, filled)| (*arm, filled))
    }
}

impl<'a> Pair<'a> {
    /// Gathers the arms that can touch a region.
    pub(crate) fn gather(
        engine: &'a Engine,
        inputs: &'a Inputs<'a>,
        site: Site<'a>,
        trace: &'a Trace,
    ) -> Result<Self, Refusal> {
        let eval = Eval::new(inputs, site, trace);
        let mut layers = Vec::new();
        for (at, graph) in engine.graphs().iter().enumerate() {
            let mut arms = Vec::new();
            for arm in walk::gather(graph, &eval, None) {
                let Some(rule) = engine.policy().rules.get(arm.rule.index()) else {
                    continue;
                };
                let filled = match arm.pattern {
                    None => Filled {
                        patterns: vec![Concrete::ALL],
                        undefined: Vec::new(),
                        open: false,
                    },
                    Some(id) => pattern::fill(&eval, id).ok_or_else(too_complex)?,
                };
                arms.push((arm, rule.kind, filled));
            }
            layers.push(OpenLayer {
                guardrail: engine.is_guardrail(LayerId::new(at)),
                graph,
                arms,
            });
        }
        Ok(Self {
            engine,
            inputs,
            site,
            trace,
            layers,
        })
    }

    /// Passes over rules, sorted, as if they were not written.
    pub(crate) fn leave_out(&mut self, rules: &[RuleId]) {
        if rules.is_empty() {
            return;
        }
        for layer in &mut self.layers {
            layer
                .arms
                .retain(|(arm, _, _)| rules.binary_search(&arm.rule).is_err());
        }
    }

    pub(crate) fn eval_in<'r>(&self, region: &'r Concrete) -> Eval<'r>
    where
        'a: 'r,
    {
        let site = Site {
            place: Place::Region(region),
            ..self.site
        };
        Eval::new(self.inputs, site, self.trace)
    }

    pub(crate) fn tool(&self) -> &'a str {
        let function = self
            .engine
            .policy()
            .functions
            .get(self.site.function.index());
        function
            .map(|function| function.path.as_str())
            .unwrap_or_default()
    }

    pub(crate) fn action(&self) -> &'a str {
        let action = self.engine.policy().actions.get(self.site.action.index());
        action
            .map(|action| action.name.as_str())
            .unwrap_or_default()
    }

    fn rule(&self, id: RuleId) -> Option<&'a Rule> {
        self.engine.policy().rules.get(id.index())
    }

    /// The truth of an arm but for its resource clause, where the captures of `region`
    /// are known as far as its segments are literal.
    fn truths(&self, layer: &OpenLayer<'_>, arm: Arm, region: &Concrete) -> Truths {
        let here = |_: PatternId| Truths::TRUE;
        walk::run(
            layer.graph,
            &self.eval_in(region),
            arm.test,
            here,
            &mut None,
        )
    }

    /// The parts of a region on which a grant may match.
    pub(super) fn grantable(
        &self,
        layer: &OpenLayer<'_>,
        id: RuleId,
        region: &Concrete,
    ) -> Result<Vec<Concrete>, Refusal> {
        let mut parts: Vec<Concrete> = Vec::new();
        for (arm, filled) in layer.arms(id) {
            for pattern in &filled.patterns {
                for part in pattern.intersect(region).ok_or_else(too_complex)? {
                    if !parts.contains(&part) && self.truths(layer, arm, &part).may_be_true() {
                        parts.push(part);
                    }
                }
            }
        }
        Ok(parts)
    }

    pub(super) fn still_grantable(&self, id: RuleId, region: &Concrete) -> Result<bool, Refusal> {
        for layer in &self.layers {
            if layer.arms(id).next().is_some() {
                return Ok(self.grantable(layer, id, region)?.contains(region));
            }
        }
        Ok(false)
    }

    /// Whether a deny or require matches on a region.
    pub(crate) fn applies(
        &self,
        layer: &OpenLayer<'_>,
        id: RuleId,
        region: &Concrete,
    ) -> Result<Applies, Refusal> {
        let mut answer = Applies::Never;
        for (arm, filled) in layer.arms(id) {
            for pattern in filled.all() {
                for part in pattern.intersect(region).ok_or_else(too_complex)? {
                    if !self.truths(layer, arm, &part).is_false() {
                        answer = Applies::Perhaps;
                    }
                }
                if !filled.open
                    && pattern.includes(region)
                    && !self.truths(layer, arm, region).may_be_false()
                {
                    return Ok(Applies::Wholly);
                }
            }
        }
        Ok(answer)
    }

    /// Whether a deny may match somewhere in a region without cutting there.
    pub(super) fn stays_open(
        &self,
        layer: &OpenLayer<'_>,
        id: RuleId,
        region: &Concrete,
    ) -> Result<bool, Refusal> {
        if self.applies(layer, id, region)? != Applies::Perhaps {
            return Ok(false);
        }
        for (arm, filled) in layer.arms(id) {
            for pattern in filled.all() {
                for part in pattern.intersect(region).ok_or_else(too_complex)? {
                    let truths = self.truths(layer, arm, &part);
                    if !truths.is_false() && (truths.may_be_false() || filled.open) {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }

    /// The parts of a region that a deny takes away in every completion.
    pub(super) fn cuts(
        &self,
        layer: &OpenLayer<'_>,
        id: RuleId,
        region: &Concrete,
    ) -> Result<Vec<Concrete>, Refusal> {
        let mut cuts = Vec::new();
        for (arm, filled) in layer.arms(id) {
            if filled.open {
                continue;
            }
            for pattern in filled.all() {
                for part in pattern.intersect(region).ok_or_else(too_complex)? {
                    if !self.truths(layer, arm, &part).may_be_false() {
                        cuts.push(part);
                    }
                }
            }
        }
        Ok(cuts)
    }

    /// The denies that together take all of a region away; none when they do not.
    pub(super) fn cutting(&self, region: &Concrete) -> Result<Vec<RuleId>, Refusal> {
        let mut rules = Vec::new();
        let mut all = Vec::new();
        for layer in &self.layers {
            for id in layer.rules(RuleKind::Deny) {
                let cuts = self.cuts(layer, id, region)?;
                if !cuts.is_empty() {
                    rules.push(id);
                    all.extend(cuts);
                }
            }
        }
        Ok(if covers(&all, region) {
            rules
        } else {
            Vec::new()
        })
    }

    /// What of a grant's conditions waits for the call, as policy text.
    pub(super) fn residual(
        &self,
        layer: &OpenLayer<'_>,
        id: RuleId,
        region: &Concrete,
    ) -> Result<Vec<SmolStr>, Refusal> {
        let mut texts = Vec::new();
        let Some(rule) = self.rule(id) else {
            return Ok(texts);
        };
        for (arm, filled) in layer.arms(id) {
            if !filled
                .patterns
                .iter()
                .any(|pattern| pattern.includes(region))
            {
                continue;
            }
            let eval = self.eval_in(region);
            for condition in &rule.conditions {
                let truths = eval.truth(condition.expr, arm.pattern);
                let settled = truths.is_true() || truths.is_false() || truths == Truths::UNDEFINED;
                if !settled {
                    texts.push(
                        placet_model::render::condition(self.engine.policy(), rule, condition)
                            .into(),
                    );
                }
            }
        }
        Ok(texts)
    }

    /// The patterns on all of which a grant matches in every completion.
    pub(crate) fn certain(
        &self,
        layer: &OpenLayer<'_>,
        id: RuleId,
        region: &Concrete,
    ) -> Vec<Concrete> {
        let mut patterns = Vec::new();
        for (arm, filled) in layer.arms(id) {
            if !filled.open && self.truths(layer, arm, region).is_true() {
                patterns.extend(filled.patterns.iter().cloned());
            }
        }
        patterns
    }

    /// Whether a grant may match anywhere in a region.
    pub(crate) fn possible(
        &self,
        layer: &OpenLayer<'_>,
        id: RuleId,
        region: &Concrete,
    ) -> Result<bool, Refusal> {
        Ok(!self.grantable(layer, id, region)?.is_empty())
    }
}
