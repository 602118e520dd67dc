//! Quantifiers and aggregates: each looks at the members of a list, and no more of them
//! than there are steps.

use placet_model::ids::{ExprId, PatternId};
use placet_model::policy::{Binder, Expr};
use placet_model::value::Value;

use super::calc::total;
use super::{Eval, MAX_STEPS, Need};
use crate::inputs::Read;
use crate::truth::Truths;
use crate::typed::Slot;

impl Eval<'_> {
    /// Runs `body` with a variable bound.
    fn bound<T>(&self, slot: u32, value: &Value, body: impl FnOnce() -> T) -> T {
        let depth = {
            let mut locals = self.locals.borrow_mut();
            let depth = locals.len();
            // Slots are numbered from the outside, so this one is next.
            locals.resize(slot as usize, Value::Json);
            locals.push(value.clone());
            depth
        };
        let result = body();
        self.locals.borrow_mut().truncate(depth);
        result
    }

    /// The steps of an outermost quantifier or aggregate begin.
    fn begin(&self) {
        if self.locals.borrow().is_empty() {
            self.steps.set(0);
        }
    }

    /// Whether so many more members may be looked at. Where nothing is bound there is no
    /// loop, and one pass over what a request holds is always possible.
    pub(super) fn may_step(&self, members: usize) -> bool {
        let steps = self.steps.get().saturating_add(members);
        self.steps.set(steps);
        steps <= MAX_STEPS
    }

    /// Whether a set or list has a member; `None` when that takes too many steps.
    pub(super) fn has_member(&self, of: &Value, member: &Value) -> Option<bool> {
        match of {
            Value::Set(members) => Some(members.binary_search(member).is_ok()),
            other => {
                let members = other.members()?;
                let in_loop = !self.locals.borrow().is_empty();
                if in_loop && !self.may_step(members.len()) {
                    return None;
                }
                Some(members.contains(member))
            }
        }
    }

    pub(super) fn quantifier(
        &self,
        all: bool,
        over: Binder,
        body: ExprId,
        captures: Option<PatternId>,
    ) -> Truths {
        let list = match self.need(over.list, captures) {
            Need::Known(list) => list,
            Need::Open => return Truths::OPEN,
            Need::Undefined => return Truths::UNDEFINED,
        };
        let Some(members) = list.members() else {
            return Truths::UNDEFINED;
        };
        let mut result = Truths::of(all);
        self.begin();
        for member in members {
            if !self.may_step(1) {
                return Truths::UNDEFINED;
            }
            let holds = self.bound(over.slot, member, || {
                let counts = over
                    .filter
                    .map_or(Truths::TRUE, |filter| self.truth(filter, captures));
                if counts.is_false() {
                    return Truths::of(all);
                }
                let holds = self.truth(body, captures);
                if all {
                    counts.not().or(holds)
                } else {
                    counts.and(holds)
                }
            });
            result = if all {
                result.and(holds)
            } else {
                result.or(holds)
            };
            if (all && result.is_false()) || (!all && result.is_true()) {
                break;
            }
        }
        result
    }

    /// The members of a list that count, or why that cannot be told.
    fn counted(
        &self,
        over: Binder,
        captures: Option<PatternId>,
        mut take: impl FnMut(&Value) -> Result<(), Slot>,
    ) -> Result<(), Slot> {
        let list = match self.need(over.list, captures) {
            Need::Known(list) => list,
            Need::Open => return Err(Slot::Open),
            Need::Undefined => return Err(Slot::Undefined),
        };
        let members = list.members().ok_or(Slot::Undefined)?;
        let mut open = false;
        self.begin();
        for member in members {
            if !self.may_step(1) {
                return Err(Slot::Undefined);
            }
            self.bound(over.slot, member, || {
                let counts = over
                    .filter
                    .map_or(Truths::TRUE, |filter| self.truth(filter, captures));
                if counts.is_false() {
                    Ok(())
                } else if counts.is_true() {
                    match take(member) {
                        Err(Slot::Open) => {
                            open = true;
                            Ok(())
                        }
                        other => other,
                    }
                } else if counts == Truths::UNDEFINED {
                    Err(Slot::Undefined)
                } else {
                    open = true;
                    Ok(())
                }
            })?;
        }
        if open { Err(Slot::Open) } else { Ok(()) }
    }

    pub(super) fn count(
        &self,
        over: Binder,
        distinct: Option<ExprId>,
        captures: Option<PatternId>,
    ) -> Slot {
        if over.filter.is_none()
            && distinct.is_none()
            && let Some(Expr::History(history)) = self.inputs.policy.exprs.get(over.list.index())
            && let Some(length) = self.inputs.length(*history)
        {
            self.trace.read(Read::History(*history));
            return Slot::Known(Value::Int(length));
        }
        let mut number = 0_i64;
        let mut seen = Vec::new();
        let counted = self.counted(over, captures, |_| {
            match distinct {
                None => number += 1,
                Some(value) => match self.need(value, captures) {
                    Need::Known(value) => seen.push(value),
                    Need::Open => return Err(Slot::Open),
                    Need::Undefined => return Err(Slot::Undefined),
                },
            }
            Ok(())
        });
        if let Err(slot) = counted {
            return slot;
        }
        if distinct.is_some() {
            seen.sort();
            seen.dedup();
            number = i64::try_from(seen.len()).unwrap_or(i64::MAX);
        }
        Slot::Known(Value::Int(number))
    }

    pub(super) fn sum(
        &self,
        over: Binder,
        value: ExprId,
        distinct: bool,
        zero: &Value,
        captures: Option<PatternId>,
    ) -> Slot {
        let mut terms = Vec::new();
        let counted = self.counted(over, captures, |_| match self.need(value, captures) {
            Need::Known(value) => {
                terms.push(value);
                Ok(())
            }
            Need::Open => Err(Slot::Open),
            Need::Undefined => Err(Slot::Undefined),
        });
        if let Err(slot) = counted {
            return slot;
        }
        if distinct {
            terms.sort();
            terms.dedup();
        }
        total(&terms, zero).map_or(Slot::Undefined, Slot::Known)
    }
}
