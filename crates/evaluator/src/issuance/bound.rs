//! What ways to grant a region come to: limits, duties, and what is cut out.

use std::collections::BTreeSet;

use placet_model::credential::Scope;
use placet_model::decision::{Obligations, Reason};
use placet_model::ids::RuleId;
use placet_model::pattern::{Concrete, Region};
use placet_model::policy::RuleKind;
use smol_str::{SmolStr, format_smolstr};

use super::pair::{Applies, Pair};
use super::{Issue, MAX_ALTERNATIVES, Share, Way};
use crate::duties::{self, Offer, Standing, Subject, least, merge};
use crate::runtime::Refusal;

/// A way that only lacks duties.
struct Short {
    /// How many are missing, the grants' names, the region: the least is reported.
    rank: (usize, Vec<SmolStr>, String),
    standing: Standing,
    rules: Vec<RuleId>,
}

impl Issue<'_> {
    /// Bounds each way by limits and duties; or says what is missing.
    pub(super) fn bound_all(
        &self,
        pair: &Pair<'_>,
        ways: Vec<Way>,
        wanted: &Concrete,
    ) -> Result<Share, Refusal> {
        let policy = self.engine.policy();
        let mut scopes = Vec::new();
        let mut given: Vec<Region> = Vec::new();
        let mut denied = BTreeSet::new();
        let mut short: Option<Short> = None;
        for way in ways {
            let cut = pair.cutting(&way.region)?;
            if !cut.is_empty() {
                denied.extend(cut);
                continue;
            }
            let (offer, standing, residual) = self.terms(pair, &way)?;
            if standing.missing() > 0 {
                let names: Vec<SmolStr> =
                    way.grants.iter().map(|id| policy.rule_name(*id)).collect();
                let rank = (standing.missing(), names, way.region.to_string());
                if short.as_ref().is_none_or(|nearest| rank < nearest.rank) {
                    let rules = offer.rules;
                    short = Some(Short {
                        rank,
                        standing,
                        rules,
                    });
                }
                continue;
            }
            let region = self.cut(pair, &way)?;
            if region.is_empty() {
                continue;
            }
            let end = [offer.lifetime, self.ttl]
                .into_iter()
                .flatten()
                .map(|limit| self.now.end_after(limit))
                .min();
            let handed = way.parent.as_ref();
            let delegate = least(
                offer.delegate,
                handed.map(|parent| parent.delegate.saturating_sub(1)),
            );
            let mut rules: Vec<SmolStr> =
                offer.rules.iter().map(|id| policy.rule_name(*id)).collect();
            rules.sort();
            rules.dedup();
            scopes.push(Scope {
                tool: pair.tool().into(),
                action: pair.action().into(),
                resource: format_smolstr!("{}", region.pattern()),
                except: region
                    .except()
                    .iter()
                    .map(|cut| format_smolstr!("{cut}"))
                    .collect(),
                not_after: least(end, handed.map(|parent| parent.not_after)).unwrap_or(self.now),
                delegate: delegate.unwrap_or(0),
                rules,
                residual,
            });
            given.push(region);
        }
        if scopes.is_empty() {
            return Ok(match short {
                _ if !denied.is_empty() => {
                    Share::refused(Reason::DeniedByRule, denied.into_iter().collect())
                }
                Some(Short {
                    standing, rules, ..
                }) => Share {
                    unmet: standing.unmet.clone(),
                    ..Share::refused(standing.reason(), rules)
                },
                None => Share::refused(Reason::NoGrant, Vec::new()),
            });
        }
        Ok(Share {
            whole: all_given(&given, wanted),
            scopes,
            reason: Reason::Granted,
            rules: Vec::new(),
            unmet: Obligations::default(),
        })
    }

    /// The limits and duties of a way over all layers, and what stays open.
    fn terms(
        &self,
        pair: &Pair<'_>,
        way: &Way,
    ) -> Result<(Offer, Standing, Vec<SmolStr>), Refusal> {
        let policy = self.engine.policy();
        let subject = Subject {
            tool: pair.tool(),
            action: pair.action(),
            region: &way.region,
            call: None,
            at_call: false,
        };
        let mut all = Offer::guardrail();
        let mut standing = Standing::default();
        let mut residual = BTreeSet::new();
        let mut grants = way.grants.iter();
        for layer in &pair.layers {
            let mut offer = if layer.guardrail {
                Offer::guardrail()
            } else {
                match grants.next() {
                    Some(id) => {
                        residual.extend(pair.residual(layer, *id, &way.region)?);
                        Offer::grant(policy, *id)
                    }
                    None => Offer::guardrail(),
                }
            };
            for id in layer.rules(RuleKind::Require) {
                match pair.applies(layer, id, &way.region)? {
                    Applies::Wholly => {
                        if let Some(rule) = policy.rules.get(id.index()) {
                            offer.tighten(id, &rule.duties);
                        }
                    }
                    Applies::Perhaps => {
                        residual.insert(format_smolstr!("require {}", policy.rule_name(id)));
                    }
                    Applies::Never => {}
                }
            }
            for id in layer.rules(RuleKind::Deny) {
                if pair.stays_open(layer, id, &way.region)? {
                    residual.insert(format_smolstr!("deny {}", policy.rule_name(id)));
                }
            }
            let eval = pair.eval_in(&way.region);
            let of_layer = duties::standing(&eval, self.request, &offer, &subject);
            merge(&mut standing.unmet, of_layer.unmet);
            merge(&mut standing.met, of_layer.met);
            all.lifetime = least(all.lifetime, offer.lifetime);
            all.delegate = least(all.delegate, offer.delegate);
            all.rules.extend(offer.rules);
        }
        Ok((all, standing, residual.into_iter().collect()))
    }

    /// The region of a way without what denies and the parent cut out.
    fn cut(&self, pair: &Pair<'_>, way: &Way) -> Result<Region, Refusal> {
        let mut except = Vec::new();
        for layer in &pair.layers {
            for id in layer.rules(RuleKind::Deny) {
                except.extend(pair.cuts(layer, id, &way.region)?);
            }
        }
        if let Some(parent) = &way.parent {
            except.extend(
                parent
                    .except
                    .iter()
                    .filter_map(|text| Concrete::parse(text).ok()),
            );
        }
        Ok(Region::new(way.region.clone(), except))
    }
}

/// Whether regions together hold all that a pattern matches.
fn all_given(given: &[Region], wanted: &Concrete) -> bool {
    let mut left = vec![Region::from(wanted.clone())];
    for region in given {
        let mut next = Vec::new();
        for part in left {
            match part.without(region) {
                Some(parts) => next.extend(parts),
                None => return false,
            }
        }
        left = next;
        if left.len() > MAX_ALTERNATIVES {
            return false;
        }
    }
    left.is_empty()
}
