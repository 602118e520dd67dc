//! The values to try for each input: enough of them that every request agrees with one made
//! of these on all that the atoms ask, or else the domain says that it is not exact.
//!
//! Between the constants that a value is compared with, one value is as good as another, as
//! long as there are as many of them as there are terms compared with one another. A text is
//! told apart by its longest beginning and its longest end among those that patterns ask
//! for; of a set matter no more members than there are atoms that ask about them.

mod agents;
mod numbers;
mod rests;
mod texts;

use std::collections::BTreeSet;

use placet_model::json::Json;
use placet_model::policy::{Extract, Type};
use placet_model::text::check_id;
use rust_decimal::Decimal;
use smol_str::{SmolStr, ToSmolStr};

use crate::build::{Builder, What};
use crate::input::{Input, Step, Term};
use crate::site::Site;
use crate::spot::Place;
use crate::uses::Class;
use crate::values::{json_of, simplest};

/// The values to try for an input.
#[derive(Clone, Debug)]
pub(crate) struct Domain {
    pub(crate) choices: Vec<Choice>,
    /// Whether they stand for all values.
    pub(crate) exact: bool,
}

/// What an input may be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Choice {
    /// Not there.
    Absent,
    /// Somebody, or a segment.
    Name(SmolStr),
    /// Yes or no.
    Truth(bool),
    /// A number of agents or calls.
    Number(u64),
    /// A value, in JSON text: an order for values that have none.
    Value(Shown),
}

/// A JSON value, in the order of its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown(pub(crate) Json);

impl PartialOrd for Shown {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Shown {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        placet_model::wire::to_text(&self.0).cmp(&placet_model::wire::to_text(&other.0))
    }
}

/// The most values of one input.
const MOST_VALUES: usize = 2_000;

/// The most members of a list that is tried for their number.
const LONGEST_LIST: usize = 200;

/// The most sets of members that are tried.
const MOST_SETS: usize = 400;

impl Builder<'_> {
    /// The values to try for an input: those of every site that asks.
    pub(crate) fn domain(&self, input: &Input) -> Domain {
        let mut domain = Domain {
            choices: Vec::new(),
            exact: true,
        };
        let mut seen = BTreeSet::new();
        for site in &self.sites {
            if seen.insert((site.declared(input), site.shape)) {
                let own = self.values_of(site, input);
                domain.choices.extend(own.choices);
                domain.exact &= own.exact;
            }
        }
        domain.exact &= self.agree_on(input);
        let mut seen = BTreeSet::new();
        domain.choices.retain(|choice| seen.insert(choice.clone()));
        if domain.choices.len() > MOST_VALUES {
            domain.choices.truncate(MOST_VALUES);
            domain.exact = false;
        }
        domain
    }

    /// Whether the values of all sites are told apart in one way, so that those of each
    /// stand for all.
    fn agree_on(&self, input: &Input) -> bool {
        let fills = |site: &Site<'_>| {
            let mut places = site.spot.places.iter();
            places.any(|place| matches!(place, Place::Filled(source) if source.input == *input))
        };
        let tails = self.sites.iter().filter_map(|site| {
            let tail = site.spot.tail.as_ref()?;
            (tail.input == *input).then_some(tail.extract)
        });
        let tails: Vec<Extract> = tails.collect();
        if let Some(first) = tails.first() {
            return tails.len() == self.sites.len()
                && tails.iter().all(|other| other == first)
                && !self.sites.iter().any(fills);
        }
        let term = Term::of(input.clone());
        let mut kinds = self.sites.iter().filter_map(|site| {
            let kind = site.kind(&term)?;
            // Of enums each member of any is a value, and one that is in none.
            let enumerated = matches!(kind, Type::Enum(_));
            let field = site.field(input).filter(|_| !enumerated);
            Some((enumerated, field.map(|field| site.of_type(field.ty))))
        });
        kinds
            .next()
            .is_none_or(|first| kinds.all(|other| other == first))
    }

    fn values_of(&self, site: &Site<'_>, input: &Input) -> Domain {
        let exact = |choices| Domain {
            choices,
            exact: true,
        };
        match input {
            Input::Agent => self.agents_to_try(),
            Input::AgentTold | Input::UserTold => {
                exact(vec![Choice::Truth(true), Choice::Truth(false)])
            }
            Input::AgentIn(_) | Input::UserIn(_) => {
                exact(vec![Choice::Truth(false), Choice::Truth(true)])
            }
            Input::User | Input::Task => {
                let mut names = self.names(input);
                names.choices.push(Choice::Absent);
                names
            }
            Input::Offer(slot) => {
                let limits = self.atoms.iter().filter_map(|atom| match &atom.what {
                    What::Offers(own, limit) if own == slot => Some(*limit),
                    _ => None,
                });
                // Exactly what some rule asks for or allows, and more than any.
                let mut wanted: BTreeSet<Decimal> = limits.collect();
                wanted.insert(Decimal::ZERO);
                let most = wanted
                    .last()
                    .and_then(|most| most.checked_add(Decimal::ONE));
                wanted.extend(most);
                let wanted = wanted
                    .into_iter()
                    .map(|wanted| Choice::Value(Shown(Json::Number(wanted.to_smolstr()))));
                exact(wanted.collect())
            }
            Input::Depth => exact((0..=u64::from(self.deepest)).map(Choice::Number).collect()),
            Input::Now => {
                let (times, is_exact) = self.times(&Term::of(Input::Now));
                let mut choices = values(times);
                choices.push(Choice::Absent);
                Domain {
                    choices,
                    exact: is_exact,
                }
            }
            Input::Segment(_) => self.names(input),
            Input::Rest => self.rest_domain(),
            Input::History(_) => {
                let count = Term::of(input.clone()).then(Step::Count);
                let counts = self.numbers(&count);
                let counts = counts.into_iter().filter(|count| *count >= 0);
                let mut choices: Vec<Choice> = vec![Choice::Number(0), Choice::Absent];
                choices.extend(
                    counts
                        .filter_map(|count| u64::try_from(count).ok())
                        .map(Choice::Number),
                );
                exact(choices)
            }
            Input::Fact(..) => match site.field(input) {
                Some(field) => self.typed(site, input, true, field.optional),
                None => exact(Vec::new()),
            },
            Input::Known(..) => match site.field(input) {
                Some(_) => self.typed(site, input, true, false),
                None => exact(Vec::new()),
            },
            Input::Arg(_) => {
                let Some(parameter) = site.field(input) else {
                    let mut choices = vec![Choice::Absent];
                    // Of no type that another site may declare.
                    if site.spot.declared.open {
                        let odd = vec![Json::Bool(true), Json::Array(Vec::new())];
                        choices.push(Choice::Value(Shown(Json::Array(odd))));
                    }
                    return exact(choices);
                };
                let optional = parameter.optional || parameter.default.is_some();
                let tail = site.spot.tail.as_ref().filter(|tail| tail.input == *input);
                if let Some(tail) = tail {
                    let mut domain = self.tail_domain(tail.extract);
                    if optional || self.is_contested(input) {
                        domain.choices.push(Choice::Absent);
                    }
                    // What else is asked of such an argument is not followed.
                    let elsewhere = |what: &What| {
                        !matches!(what, What::Part(..) | What::Gives(_) | What::There(_))
                    };
                    domain.exact &= !self
                        .atoms
                        .iter()
                        .any(|atom| atom.inputs.contains(input) && elsewhere(&atom.what));
                    return domain;
                }
                let contested = self.is_contested(input);
                self.typed(site, input, optional || contested, optional)
            }
        }
    }

    /// A value of the declared type, or none. What is optional is rather left out.
    fn typed(
        &self,
        site: &Site<'_>,
        input: &Input,
        maybe_absent: bool,
        rather_absent: bool,
    ) -> Domain {
        let term = Term::of(input.clone());
        let facts = !matches!(input, Input::Arg(_));
        let (json, exact) = self.json_values(site, &term, facts);
        let mut choices = values(json);
        if maybe_absent {
            if rather_absent {
                choices.insert(0, Choice::Absent);
            } else {
                choices.push(Choice::Absent);
            }
        }
        Domain { choices, exact }
    }

    /// Values for a term by its type.
    fn json_values(&self, site: &Site<'_>, term: &Term, facts: bool) -> (Vec<Json>, bool) {
        let class = self.uses.class(term);
        let constants = class.into_iter().flat_map(|class| &class.values);
        match site.kind(term) {
            Some(Type::Bool) => (vec![Json::Bool(true), Json::Bool(false)], true),
            Some(Type::Enum(members)) => {
                let mut texts: Vec<SmolStr> = members.clone();
                if facts {
                    // A member that the policy does not know is undefined.
                    let other = (0..).map(crate::values::fresh);
                    texts.extend(
                        other
                            .take(members.len() + 1)
                            .find(|word| !members.contains(word)),
                    );
                }
                (texts.into_iter().map(Json::String).collect(), true)
            }
            Some(Type::Int | Type::Decimal | Type::Duration) => self.number_values(site, term),
            Some(Type::Time) => self.times(term),
            Some(Type::Ip) => self.addresses(class),
            Some(Type::Text) => self.text_values(term),
            Some(Type::Json) => (vec![Json::Object(Vec::new())], true),
            Some(Type::Set(_) | Type::List(_)) => {
                let extra: Vec<Json> = constants.filter_map(json_of).collect();
                let (mut sets, exact) = self.set_values(site, term, facts);
                sets.extend(extra);
                (sets, exact)
            }
            Some(Type::Record(fields)) => {
                let mut records: Vec<Vec<(SmolStr, Json)>> = vec![Vec::new()];
                let mut all = true;
                for field in fields {
                    let part = term.then(Step::Field(field.name.clone()));
                    let needed = !facts && !field.optional && field.default.is_none();
                    let mut options: Vec<Option<Json>> = if self.uses.reads(&part) {
                        let (json, exact) = self.json_values(site, &part, facts);
                        all &= exact;
                        json.into_iter().map(Some).collect()
                    } else if needed {
                        vec![Some(simplest(site.policy, field.ty))]
                    } else {
                        vec![None]
                    };
                    if self.uses.reads(&part) && !needed {
                        options.push(None);
                    }
                    if records.len() * options.len() > MOST_SETS {
                        all = false;
                        options.truncate((MOST_SETS / records.len()).max(1));
                    }
                    records = records
                        .iter()
                        .flat_map(|record| {
                            options.iter().map(|option| {
                                let mut record = record.clone();
                                if let Some(json) = option {
                                    record.push((field.name.clone(), json.clone()));
                                }
                                record
                            })
                        })
                        .collect();
                }
                (records.into_iter().map(Json::Object).collect(), all)
            }
            None => (Vec::new(), false),
        }
    }

    /// Sets and lists of as many members as can matter at a time.
    fn set_values(&self, site: &Site<'_>, term: &Term, facts: bool) -> (Vec<Json>, bool) {
        let member = term.then(Step::Member);
        let (members, mut exact) = self.json_values(site, &member, facts);
        // A template takes the first one.
        let first = site.spot.places.iter().any(|place| {
            matches!(place, Place::Filled(source) if source.input == term.input && source.term.path.starts_with(&member.path))
        });
        let asked = self.uses.members_asked(term);
        let most = asked.max(1);
        let mut sets: Vec<Vec<Json>> = vec![Vec::new()];
        let mut last = sets.clone();
        for size in 1..=most {
            let mut next = Vec::new();
            'grow: for set in &last {
                for value in &members {
                    if set.contains(value) {
                        continue;
                    }
                    // Order matters to a template only.
                    if !first
                        && let Some(end) = set.last()
                        && members.iter().position(|other| other == end)
                            > members.iter().position(|other| other == value)
                    {
                        continue;
                    }
                    let mut grown = set.clone();
                    grown.push(value.clone());
                    next.push(grown);
                    if sets.len() + next.len() > MOST_SETS {
                        exact = false;
                        break 'grow;
                    }
                }
            }
            if next.is_empty() {
                break;
            }
            sets.extend(next.iter().cloned());
            last = next;
            if !exact && size >= 2 {
                break;
            }
        }
        let count = term.then(Step::Count);
        if self.uses.class(&count).is_some() {
            // How many there are is told apart from who they are only where nothing else is
            // asked.
            exact &= asked == 0 && !first;
            let list = matches!(site.kind(term), Some(Type::List(_)));
            for size in self.numbers(&count).into_iter().filter(|size| *size >= 0) {
                match usize::try_from(size) {
                    Ok(size) if size <= LONGEST_LIST && (list || size <= members.len()) => {
                        sets.push(members.iter().cycle().take(size).cloned().collect());
                    }
                    _ => exact = false,
                }
            }
        }
        if matches!(site.kind(term), Some(Type::Set(_))) && first {
            // The first of a set is its least.
            exact &= most <= 1;
        }
        // Rather some member than none.
        if sets.len() > 1 {
            sets.rotate_left(1);
        }
        (sets.into_iter().map(Json::Array).collect(), exact)
    }

    /// Ids: constants and others, as many as are compared with one another.
    fn names(&self, input: &Input) -> Domain {
        let (mut texts, exact) = self.texts(&Term::of(input.clone()));
        if matches!(input, Input::Segment(_)) {
            texts.retain(|text| placet_model::resource::encode_segment(text).is_ok());
        }
        texts.retain(|text| check_id(text).is_ok());
        Domain {
            choices: texts.into_iter().map(Choice::Name).collect(),
            exact,
        }
    }

    fn text_values(&self, term: &Term) -> (Vec<Json>, bool) {
        let (texts, exact) = self.texts(term);
        (texts.into_iter().map(Json::String).collect(), exact)
    }

    /// Texts to try for a term, and whether they stand for all.
    fn texts(&self, term: &Term) -> (Vec<SmolStr>, bool) {
        let own = self.uses.class(term);
        let whole = self.uses.is_whole(term) || own.is_some_and(|class| class.segment);
        let lower = term.then(Step::Lower);
        let domain = term.then(Step::Domain);
        let local = term.then(Step::Local);
        let lowered = self.uses.class(&lower);
        let address = self.uses.class(&domain).is_some() || self.uses.class(&local).is_some();
        let mut texts = own
            .filter(|_| whole)
            .map(texts::of_class)
            .unwrap_or_default();
        let mut exact = true;
        if let Some(class) = lowered {
            let folded = texts::of_class(class);
            let folded = folded
                .into_iter()
                .filter(|text| *text == text.to_ascii_lowercase().to_smolstr());
            if whole || address {
                exact = false;
                let folded: Vec<SmolStr> = folded.collect();
                let upper: Vec<SmolStr> = folded
                    .iter()
                    .map(|text| text.to_ascii_uppercase().to_smolstr())
                    .collect();
                texts.extend(folded);
                texts.extend(upper);
            } else {
                texts.extend(folded);
            }
        }
        if address {
            exact &= !whole;
            let (addresses, all) = self.addresses_of(&domain, &local);
            texts.extend(addresses);
            exact &= all;
            texts.push("nobody".into());
        }
        if texts.is_empty() {
            texts.push(crate::values::fresh(0));
        }
        (texts, exact)
    }

    /// E-mail addresses of the domains and local parts that are asked for, and whether they
    /// stand for all: beside the constants, all that patterns tell apart must be possible.
    fn addresses_of(&self, domain: &Term, local: &Term) -> (Vec<SmolStr>, bool) {
        let class_texts = |term: &Term, other: &str| match self.uses.class(term) {
            Some(class) => texts::of_class(class),
            None => vec![other.into()],
        };
        let mut texts = Vec::new();
        for domain in class_texts(domain, "alfa.example") {
            for local in class_texts(local, "somebody") {
                let text = smol_str::format_smolstr!("{local}@{domain}");
                let parts = placet_evaluator::extract::email_parts(&text);
                if parts.is_ok_and(|parts| parts.domain == domain && parts.local == local) {
                    texts.push(text);
                }
            }
        }
        let possible = |term: &Term, address: &dyn Fn(&SmolStr) -> SmolStr| {
            let class = self.uses.class(term);
            class.is_none_or(|class| {
                texts::between(class)
                    .iter()
                    .all(|part| placet_evaluator::extract::email_parts(&address(part)).is_ok())
            })
        };
        let exact = possible(domain, &|part| smol_str::format_smolstr!("somebody@{part}"))
            && possible(local, &|part| {
                smol_str::format_smolstr!("{part}@alfa.example")
            });
        (texts, exact)
    }

    fn addresses(&self, class: Option<&Class>) -> (Vec<Json>, bool) {
        let Some(class) = class else {
            return (vec![Json::String("192.0.2.1".into())], true);
        };
        (
            numbers::addresses(class)
                .into_iter()
                .map(|address| Json::String(address.to_smolstr()))
                .collect(),
            class.terms <= 1,
        )
    }

    /// The tail of a resource that an argument gives, as the argument.
    fn tail_domain(&self, extract: Extract) -> Domain {
        let rests = self.rest_domain();
        let raw = |choice: &Choice| match choice {
            Choice::Value(Shown(Json::String(text))) => {
                let names: Vec<String> = text
                    .split('/')
                    .map(placet_model::resource::decode_segment)
                    .map(|name| name.to_string())
                    .collect();
                match (extract, names.as_slice()) {
                    (Extract::Url, [scheme, host, port, path @ ..]) => {
                        Some(format!("{scheme}://{host}:{port}/{}", path.join("/")))
                    }
                    (Extract::Url, _) => None,
                    _ => Some(names.join("/")),
                }
            }
            Choice::Absent if extract == Extract::Path => Some("/".to_owned()),
            _ => None,
        };
        let mut choices: Vec<Choice> = rests
            .choices
            .iter()
            .filter_map(raw)
            .filter(|text| placet_evaluator::extract::segments(extract, text).is_ok())
            .map(|text| Choice::Value(Shown(Json::String(text.into()))))
            .collect();
        if extract == Extract::Url {
            let plain = Json::String("https://alfa.example/".into());
            choices.push(Choice::Value(Shown(plain)));
        }
        Domain {
            choices,
            exact: rests.exact && extract == Extract::Path,
        }
    }
}

fn values(json: Vec<Json>) -> Vec<Choice> {
    json.into_iter()
        .map(|json| Choice::Value(Shown(json)))
        .collect()
}
