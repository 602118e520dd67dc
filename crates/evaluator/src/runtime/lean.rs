//! The answer alone: what becomes of a call, without the rules, the inputs and the words
//! that a whole decision tells.

use std::ops::ControlFlow;

use placet_model::decision::{Decision, Reason};
use placet_model::policy::RuleKind;
use placet_model::question::Question;
use placet_model::value::{Duration, Time};

use super::{Prepared, matches, run};
use crate::call::Triple;
use crate::duties::least;
use crate::engine::{Engine, LayerGraph};
use crate::eval::{Args, Eval, Place, Site};
use crate::index::Sort;
use crate::inputs::{Inputs, Trace};
use crate::walk::exact::{self, Where};

/// What becomes of a call, and no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// Granted; nothing has to be charged or spent.
    Granted,
    /// Granted by rules with duties: what is charged or spent stands in the decision, and
    /// has to be seen to before the call.
    GrantedWith(Box<Decision>),
    /// Denied. What could be asked for stands in the whole decision.
    Denied(Reason),
}

impl Ruling {
    /// Why. It is a grant exactly when this is [`Reason::Granted`].
    #[must_use]
    pub const fn reason(&self) -> Reason {
        match self {
            Self::Granted | Self::GrantedWith(_) => Reason::Granted,
            Self::Denied(reason) => *reason,
        }
    }

    /// Whether the call is granted.
    #[must_use]
    pub fn is_grant(&self) -> bool {
        self.reason() == Reason::Granted
    }
}

impl From<Decision> for Ruling {
    fn from(decision: Decision) -> Self {
        if decision.is_grant() {
            Self::GrantedWith(Box::new(decision))
        } else {
            Self::Denied(decision.reason)
        }
    }
}

/// Answers a prepared call.
pub(crate) fn ruling(engine: &Engine, request: &Question<'_>, prepared: &Prepared<'_>) -> Ruling {
    let mut reason = Reason::Granted;
    let asked = prepared.triples.iter().zip(&prepared.places);
    for ((triple, place), held) in asked.zip(&prepared.held) {
        let own = match held {
            Ok(_) => match of_triple(engine, prepared, triple, place) {
                Ok(own) => own,
                // Which duties are met and what is charged takes all of a decision.
                Err(Duties) => return engine.decide_anew(request).into(),
            },
            Err(reason) => *reason,
        };
        reason = reason.min(own);
    }
    match reason {
        Reason::Granted if prepared.triples.is_empty() => Ruling::Denied(Reason::InvalidRequest),
        Reason::Granted => Ruling::Granted,
        reason => Ruling::Denied(reason),
    }
}

/// A rule that matches has duties.
struct Duties;

fn of_triple(
    engine: &Engine,
    prepared: &Prepared<'_>,
    triple: &Triple,
    place: &Where,
) -> Result<Reason, Duties> {
    let trace = Trace::off();
    let site = Site {
        function: triple.function,
        action: triple.action,
        args: prepared.args.as_ref().map_or(Args::Open, Args::Known),
        place: Place::Exact(triple.resource.get()),
    };
    let links = &prepared.bound.links;
    let mut ungranted = false;
    let mut lapsed = false;
    let mut duties = false;
    for link in links.iter() {
        let acting = std::ptr::eq(link, links.acting());
        let eval = Eval::new(link, site, &trace);
        for layer in engine.layers() {
            let found = of_layer(engine, layer, &eval, place);
            if found.denied {
                return Ok(Reason::DeniedByRule);
            }
            ungranted |= !found.granted && !layer.guardrail;
            if acting {
                duties |= found.duties;
                lapsed |= found.lapsed(link);
            }
        }
    }
    if ungranted {
        Ok(Reason::NoGrant)
    } else if duties {
        Err(Duties)
    } else if lapsed {
        Ok(Reason::Expired)
    } else {
        Ok(Reason::Granted)
    }
}

/// What the matching rules of a layer come to.
#[derive(Default)]
struct Found {
    denied: bool,
    granted: bool,
    duties: bool,
    /// The longest that a grant lasts.
    longest: Option<Duration>,
    /// The least that the requires leave of it.
    least: Option<Duration>,
}

impl Found {
    /// Whether all that the layer grants has ended since issuance.
    fn lapsed(&self, link: &Inputs<'_>) -> bool {
        let (Some(issued), Some(now)) = (link.issued, link.now) else {
            return false;
        };
        least(self.longest, self.least)
            .is_some_and(|lifetime| now >= issued.plus(lifetime).unwrap_or(Time(i64::MAX)))
    }
}

fn of_layer(engine: &Engine, layer: LayerGraph<'_>, eval: &Eval<'_>, place: &Where) -> Found {
    let mut found = Found::default();
    let index = engine.index();
    // Only under a credential a grant that holds can have ended.
    let ends = eval.inputs.issued.is_some();
    exact::visit(index, layer, eval, place, |met| {
        let Sort { kind, duties } = met.sort;
        // One more grant like the one that was found changes nothing.
        if kind == RuleKind::Grant && found.granted && !duties && !ends {
            return ControlFlow::Continue(());
        }
        if !met.holds && !matches(kind, run(layer.graph, eval, met.test)) {
            return ControlFlow::Continue(());
        }
        let lifetime = || index.rule(met.rule).and_then(|rule| rule.lifetime);
        match kind {
            RuleKind::Deny => {
                found.denied = true;
                return ControlFlow::Break(());
            }
            RuleKind::Grant => {
                found.granted = true;
                if ends {
                    let lifetime = lifetime().unwrap_or(engine.policy().lifetime);
                    found.longest = found.longest.max(Some(lifetime));
                }
            }
            RuleKind::Require => found.least = least(found.least, lifetime()),
        }
        found.duties |= duties;
        ControlFlow::Continue(())
    });
    found
}
