//! The search for values of atoms with which two policies decide a call differently.

use placet_model::ids::LayerId;
use placet_model::policy::{Policy, Rule, RuleKind};

use super::Pair;
use super::formula::{Atom, Atoms, Formula};
use super::offer::{self, Offer};

/// How many steps a search takes before it gives up.
const STEPS: usize = 20_000;

/// When a rule matches, in both policies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    /// Which pair of rules.
    pub(super) at: usize,
    pub(super) one: Formula,
    pub(super) other: Formula,
    /// The rules differ.
    pub(super) changed: bool,
}

impl Entry {
    pub(super) fn is_same(&self) -> bool {
        self.one == self.other
    }
}

/// A search over all kinds of calls.
pub(super) struct Search {
    guardrails: Vec<bool>,
    steps: usize,
}

/// What is searched for one kind of call.
struct Question<'a> {
    policies: (&'a Policy, &'a Policy),
    pairs: &'a [Pair<'a>],
    entries: &'a [Entry],
    known: &'a Formula,
}

/// Whether a rule matches, as far as that is decided.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Match {
    Yes,
    No,
    Open(Atom),
}

impl Search {
    pub(super) fn new(policy: &Policy) -> Self {
        let layers = policy.layers.iter();
        Self {
            guardrails: layers.map(|layer| layer.default_grant).collect(),
            steps: 0,
        }
    }

    /// Whether both policies decide every call of a kind alike, for certain.
    pub(super) fn alike(
        &mut self,
        policies: (&Policy, &Policy),
        pairs: &[Pair<'_>],
        atoms: &mut Atoms,
        entries: &[Entry],
        known: &Formula,
    ) -> bool {
        let question = Question {
            policies,
            pairs,
            entries,
            known,
        };
        let mut values = vec![None; atoms.count()];
        !self.differ(&question, atoms, &mut values)
    }

    /// Whether they differ somewhere, or may for all that is known.
    fn differ(
        &mut self,
        question: &Question<'_>,
        atoms: &mut Atoms,
        values: &mut Vec<Option<usize>>,
    ) -> bool {
        self.steps += 1;
        if self.steps > STEPS {
            return true;
        }
        if !question.known.truths(values).may_be_true() {
            return false;
        }
        match self.look(question, atoms, values) {
            Found::Alike => false,
            Found::Different => true,
            Found::Open(atom) => {
                for value in 0..atoms.values(atom) {
                    set(values, atom, Some(value));
                    let differ = self.differ(question, atoms, values);
                    set(values, atom, None);
                    if differ {
                        return true;
                    }
                }
                false
            }
        }
    }

    fn look(&self, question: &Question<'_>, atoms: &mut Atoms, values: &[Option<usize>]) -> Found {
        let mut open = None;
        let mut differs = false;
        let mut denies_differ = false;
        for entry in question.entries.iter().filter(|entry| entry.changed) {
            let Some(kind) = question.kind(entry) else {
                return Found::Different;
            };
            match (
                matching(kind, &entry.one, values),
                matching(kind, &entry.other, values),
            ) {
                (Match::Open(atom), _) | (_, Match::Open(atom)) => open = open.or(Some(atom)),
                (Match::No, Match::No) => {}
                (Match::Yes, Match::Yes) if kind == RuleKind::Deny => {}
                // It matches in both, and asks for something else.
                (Match::Yes, Match::Yes) => differs = true,
                _ => {
                    differs = true;
                    denies_differ |= kind == RuleKind::Deny;
                }
            }
        }
        if open.is_none() && !differs {
            return Found::Alike;
        }
        // Where something denies in both, what grants or requires makes no difference.
        let mut denied = false;
        let mut open_deny = None;
        let mut changed_deny_is_open = false;
        for entry in question.entries {
            if question.kind(entry) != Some(RuleKind::Deny) {
                continue;
            }
            match (
                matching(RuleKind::Deny, &entry.one, values),
                matching(RuleKind::Deny, &entry.other, values),
            ) {
                (Match::Yes, Match::Yes) => denied = true,
                (Match::Open(atom), _) | (_, Match::Open(atom)) => {
                    open_deny = open_deny.or(Some(atom));
                    changed_deny_is_open |= entry.changed;
                }
                _ => {}
            }
        }
        if denied && !denies_differ && !changed_deny_is_open {
            return Found::Alike;
        }
        if let Some(atom) = open {
            return Found::Open(atom);
        }
        if denies_differ {
            return Found::Different;
        }
        if let Some(atom) = open_deny {
            return Found::Open(atom);
        }
        self.offers(question, atoms, values)
    }

    /// Nothing denies: what do the layers offer?
    fn offers(
        &self,
        question: &Question<'_>,
        atoms: &mut Atoms,
        values: &[Option<usize>],
    ) -> Found {
        let mut layers = Vec::new();
        let mut open = None;
        for (at, guardrail) in self.guardrails.iter().enumerate() {
            let layer = LayerId::new(at);
            match question.layer(layer, *guardrail, atoms, values) {
                Ok((one, other)) => {
                    if one.is_empty() && other.is_empty() {
                        // Without a grant of this layer there is none, in both.
                        return Found::Alike;
                    }
                    layers.push((one, other));
                }
                Err(atom) => open = open.or(Some(atom)),
            }
        }
        if let Some(atom) = open {
            return Found::Open(atom);
        }
        let nothing = (
            layers.iter().any(|(one, _)| one.is_empty()),
            layers.iter().any(|(_, other)| other.is_empty()),
        );
        if nothing == (true, true) {
            return Found::Alike;
        }
        let alike = nothing == (false, false)
            && layers.iter().enumerate().all(|(at, (one, other))| {
                let mut others = layers.iter().enumerate().filter(|(index, _)| *index != at);
                let unlimited =
                    others.all(|(_, (one, other))| !offer::limits(one) && !offer::limits(other));
                offer::decisive(one, unlimited) == offer::decisive(other, unlimited)
            });
        if alike {
            Found::Alike
        } else {
            Found::Different
        }
    }
}

enum Found {
    Alike,
    Different,
    /// That hangs on an atom.
    Open(Atom),
}

impl Question<'_> {
    fn pair(&self, entry: &Entry) -> Option<&Pair<'_>> {
        self.pairs.get(entry.at)
    }

    /// The kind of a rule, if it is the same in both policies.
    fn kind(&self, entry: &Entry) -> Option<RuleKind> {
        let pair = self.pair(entry)?;
        match (pair.one, pair.other) {
            (Some(one), Some(other)) if one.kind != other.kind => None,
            (Some(rule), _) | (None, Some(rule)) => Some(rule.kind),
            (None, None) => None,
        }
    }

    /// What a layer offers in both policies, or an atom that it hangs on.
    fn layer(
        &self,
        layer: LayerId,
        guardrail: bool,
        atoms: &mut Atoms,
        values: &[Option<usize>],
    ) -> Result<(Vec<Offer>, Vec<Offer>), Atom> {
        let one = self.side(layer, guardrail, atoms, values, |pair, entry| {
            (self.policies.0, pair.one, &entry.one)
        });
        let other = self.side(layer, guardrail, atoms, values, |pair, entry| {
            (self.policies.1, pair.other, &entry.other)
        });
        Ok((one?, other?))
    }

    fn side<'s>(
        &'s self,
        layer: LayerId,
        guardrail: bool,
        atoms: &mut Atoms,
        values: &[Option<usize>],
        of: impl Fn(&'s Pair<'s>, &'s Entry) -> (&'s Policy, Option<&'s Rule>, &'s Formula),
    ) -> Result<Vec<Offer>, Atom> {
        let mut offers = Vec::new();
        let mut requires = Vec::new();
        if guardrail {
            offers.push(Offer::of_guardrails());
        }
        let mut open = None;
        for entry in self.entries {
            let Some(pair) = self.pairs.get(entry.at) else {
                continue;
            };
            let (policy, Some(rule), formula) = of(pair, entry) else {
                continue;
            };
            if rule.layer != layer || rule.kind == RuleKind::Deny {
                continue;
            }
            match matching(rule.kind, formula, values) {
                Match::No => {}
                Match::Open(atom) => open = open.or(Some(atom)),
                Match::Yes => {
                    let duties = atoms.duties(policy, &rule.duties);
                    if rule.kind == RuleKind::Grant {
                        offers.push(Offer::of_grant(&rule.name, &duties, policy.lifetime));
                    } else {
                        requires.push((&rule.name, duties));
                    }
                }
            }
        }
        if let Some(atom) = open {
            return Err(atom);
        }
        for (name, duties) in requires {
            for offer in &mut offers {
                offer.tighten(name, &duties);
            }
        }
        Ok(offers)
    }
}

/// A grant matches when it is certainly true, a deny or require unless it is certainly false.
fn matching(kind: RuleKind, formula: &Formula, values: &[Option<usize>]) -> Match {
    let truths = formula.truths(values);
    let decided = match kind {
        RuleKind::Grant if truths.is_true() => Some(Match::Yes),
        RuleKind::Grant if !truths.may_be_true() => Some(Match::No),
        RuleKind::Deny | RuleKind::Require if truths.is_false() => Some(Match::No),
        RuleKind::Deny | RuleKind::Require if !truths.may_be_false() => Some(Match::Yes),
        _ => None,
    };
    decided.unwrap_or_else(|| match formula.open(values) {
        Some(atom) => Match::Open(atom),
        // All atoms have values, and arguments are not told.
        None if kind == RuleKind::Grant => Match::No,
        None => Match::Yes,
    })
}

fn set(values: &mut Vec<Option<usize>>, atom: Atom, value: Option<usize>) {
    if values.len() <= atom.0 {
        values.resize(atom.0 + 1, None);
    }
    if let Some(place) = values.get_mut(atom.0) {
        *place = value;
    }
}
