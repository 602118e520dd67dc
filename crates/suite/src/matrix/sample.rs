//! Sample resources: for each pattern of a rule one that lies inside, and for each segment
//! that it fixes one that lies just outside.

mod captures;

use std::collections::BTreeSet;

use placet_evaluator::Engine;
use placet_model::ids::{ActionId, FunctionId, PatternId};
use placet_model::pattern::{Concrete, Seg};
use placet_model::policy::{Expr, Extract, Policy, Rule, RuleKind, Segment, Type};
use placet_model::request::Request;
use placet_model::resource::{Resource, encode_segment};
use smol_str::{SmolStr, format_smolstr};

/// A function with one of its actions.
pub(super) type Pair = (FunctionId, ActionId);

/// Every function with each of its actions, by name.
pub(super) fn pairs(policy: &Policy) -> BTreeSet<Pair> {
    policy
        .functions
        .iter()
        .enumerate()
        .flat_map(|(at, function)| {
            let actions = function.lines.iter().map(|line| line.action);
            actions.map(move |action| (FunctionId::new(at), action))
        })
        .collect()
}

/// The patterns of a rule for somebody.
#[derive(Clone, Debug, Default)]
pub(super) struct Regions {
    /// As the rule has them: a captured segment is any.
    general: Vec<Concrete>,
    /// With a captured segment that is what a condition compares it with.
    special: Vec<Concrete>,
}

/// The patterns of each rule, by id, as somebody's facts fill them.
pub(super) fn regions(
    policy: &Policy,
    who: &Request,
    filled: Vec<Vec<(PatternId, Concrete)>>,
) -> Vec<Regions> {
    policy
        .rules
        .iter()
        .zip(filled)
        .map(|(rule, patterns)| {
            let mut regions = Regions::default();
            let compared = captures::compared(policy, who, rule);
            for (id, region) in patterns {
                for (capture, text) in &compared {
                    regions
                        .special
                        .extend(captures::set(policy, id, *capture, &region, text));
                }
                regions.general.push(region);
            }
            regions
        })
        .collect()
}

/// The samples for a function and action. `regions` are the patterns of each rule, by id.
pub(super) fn samples(
    engine: &Engine,
    (function, action): Pair,
    regions: &[Regions],
) -> BTreeSet<SmolStr> {
    let policy = engine.compiled().policy();
    // All rules, and not only those about this function and action: a rule that comes to be
    // about it later then changes answers and no questions.
    let rules: Vec<(&Rule, &Regions)> = policy.rules.iter().zip(regions).collect();
    let mut found = BTreeSet::new();
    let Some(declared) = policy.functions.get(function.index()) else {
        return found;
    };
    let lines = declared.lines.iter().filter(|line| line.action == action);
    for id in lines.flat_map(|line| &line.templates) {
        if let Some(template) = Template::of(policy, function, *id) {
            template.sample(&rules, &mut found);
        }
    }
    found.retain(|text: &SmolStr| fits(engine, (function, action), text));
    found
}

/// Whether a text is a resource that a function can touch by an action.
pub(super) fn fits(engine: &Engine, (function, action): Pair, text: &str) -> bool {
    Resource::parse(text).is_ok_and(|resource| engine.is_resource(function, action, &resource))
}

/// A template before there are arguments.
struct Template {
    region: Concrete,
    /// What each of its segments may hold.
    kinds: Vec<Kind>,
}

/// What a segment that is not written out may hold.
#[derive(Clone, Debug)]
enum Kind {
    Text,
    Int,
    Enum(Vec<SmolStr>),
    Scheme,
    Host,
    Port,
}

impl Kind {
    /// Texts of this kind, the first ones first.
    fn choices(&self) -> Vec<SmolStr> {
        const FIRST: [&str; 3] = ["x", "y", "z"];
        let numbered = |stem: &'static str, ending: &'static str| {
            (1..100).map(move |at| format_smolstr!("{stem}{at}{ending}"))
        };
        match self {
            Self::Text => FIRST
                .iter()
                .map(SmolStr::new)
                .chain(numbered("x", ""))
                .collect(),
            Self::Int => numbered("", "").collect(),
            Self::Enum(members) => members
                .iter()
                .filter_map(|member| encode_segment(member).ok())
                .collect(),
            Self::Scheme => vec!["https".into(), "http".into()],
            Self::Host => std::iter::once("example.org".into())
                .chain(numbered("x", ".example.org"))
                .collect(),
            Self::Port => std::iter::once("443".into())
                .chain(numbered("80", ""))
                .collect(),
        }
    }
}

impl Template {
    fn of(policy: &Policy, function: FunctionId, id: PatternId) -> Option<Self> {
        let template = policy.patterns.get(id.index())?;
        let mut parts: Vec<(Seg, Kind)> = Vec::new();
        let mut tail = template.tail;
        for segment in &template.segments {
            match segment {
                Segment::Literal(text) => parts.push((Seg::Literal(text.clone()), Kind::Text)),
                Segment::Any | Segment::Capture(_) => parts.push((Seg::Any, Kind::Text)),
                Segment::Glob { prefix, suffix } => parts.push((
                    Seg::Glob {
                        prefix: prefix.clone(),
                        suffix: suffix.clone(),
                    },
                    Kind::Text,
                )),
                Segment::Hole(hole) => match hole.extract {
                    Extract::Text | Extract::Lower => {
                        parts.push((Seg::Any, kind(policy, function, hole.value)));
                    }
                    Extract::Email => {
                        parts.extend([Kind::Host, Kind::Text].map(|kind| (Seg::Any, kind)));
                    }
                    Extract::Url => {
                        let kinds = [Kind::Scheme, Kind::Host, Kind::Port];
                        parts.extend(kinds.map(|kind| (Seg::Any, kind)));
                        tail = true;
                    }
                    Extract::Path => tail = true,
                },
            }
        }
        let (segments, kinds) = parts.into_iter().unzip();
        let region = Concrete::new(segments, tail).ok()?;
        Some(Self { region, kinds })
    }

    fn sample(&self, rules: &[(&Rule, &Regions)], found: &mut BTreeSet<SmolStr>) {
        let avoid: Vec<&Concrete> = rules
            .iter()
            .flat_map(|(_, regions)| &regions.general)
            .collect();
        self.inside(&self.region, &avoid, found);
        let parts = |of: &Concrete| of.intersect(&self.region).unwrap_or_default();
        for region in &avoid {
            for part in parts(region) {
                self.inside(&part, &avoid, found);
                self.outside(&part, &avoid, found);
            }
        }
        for region in rules.iter().flat_map(|(_, regions)| &regions.special) {
            for part in parts(region) {
                self.inside(&part, &avoid, found);
            }
        }
        // Where a deny or require meets a grant.
        let of = |wanted: fn(RuleKind) -> bool| {
            let rules = rules.iter().filter(move |(rule, _)| wanted(rule.kind));
            rules.flat_map(|(_, regions)| &regions.general)
        };
        let others: Vec<&Concrete> = of(|kind| kind != RuleKind::Grant).collect();
        for grant in of(|kind| kind == RuleKind::Grant) {
            for other in &others {
                for shared in grant.intersect(other).unwrap_or_default() {
                    for part in parts(&shared) {
                        self.inside(&part, &avoid, found);
                    }
                }
            }
        }
    }

    fn inside(&self, part: &Concrete, avoid: &[&Concrete], found: &mut BTreeSet<SmolStr>) {
        found.extend(self.text(part, None, avoid));
    }

    /// One for each segment that the part fixes and the template does not; and one that is
    /// longer, where it ends and the template goes on.
    fn outside(&self, part: &Concrete, avoid: &[&Concrete], found: &mut BTreeSet<SmolStr>) {
        for (depth, segment) in part.segments().iter().enumerate() {
            let fixed = matches!(self.region.segments().get(depth), Some(Seg::Literal(_)));
            if !fixed && *segment != Seg::Any {
                found.extend(self.text(part, Some(depth), avoid));
            }
        }
        if self.region.tail() && !part.tail() {
            let longer = Concrete::new(part.segments().to_vec(), true);
            if let Ok(longer) = longer {
                self.inside(&longer, avoid, found);
            }
        }
    }

    /// A resource of a part, with a fresh segment at one place. Below a final `**` it has one
    /// more segment.
    fn text(
        &self,
        part: &Concrete,
        replaced: Option<usize>,
        avoid: &[&Concrete],
    ) -> Option<SmolStr> {
        let length = part.segments().len() + usize::from(part.tail());
        let mut texts: Vec<SmolStr> = Vec::with_capacity(length);
        for depth in 0..length {
            let kind = self.kinds.get(depth).unwrap_or(&Kind::Text);
            let segment = part.segments().get(depth).unwrap_or(&Seg::Any);
            texts.push(match segment {
                _ if replaced == Some(depth) => fresh(kind, depth, avoid)?,
                Seg::Literal(text) => text.clone(),
                Seg::Any => fresh(kind, depth, avoid)?,
                Seg::Glob { prefix, suffix } => format_smolstr!("{prefix}x{suffix}"),
            });
        }
        Resource::from_segments(texts).ok().map(Resource::into_text)
    }
}

/// A segment that no pattern asks for at this place.
fn fresh(kind: &Kind, depth: usize, avoid: &[&Concrete]) -> Option<SmolStr> {
    let asked: BTreeSet<&Seg> = avoid
        .iter()
        .filter_map(|pattern| pattern.segments().get(depth))
        .filter(|segment| **segment != Seg::Any)
        .collect();
    let choices = kind.choices();
    let unasked = choices
        .iter()
        .find(|text| !asked.iter().any(|segment| segment.matches(text)));
    unasked.or(choices.first()).cloned()
}

fn kind(policy: &Policy, function: FunctionId, value: placet_model::ids::ExprId) -> Kind {
    let name = match policy.exprs.get(value.index()) {
        Some(Expr::Arg(name) | Expr::Field(_, name)) => name,
        _ => return Kind::Text,
    };
    let params = policy
        .functions
        .get(function.index())
        .and_then(|function| function.params)
        .and_then(|id| policy.types.get(id.index()));
    let Some(Type::Record(params)) = params else {
        return Kind::Text;
    };
    let ty = params
        .iter()
        .find(|param| param.name == *name)
        .and_then(|param| policy.types.get(param.ty.index()));
    let one = match ty {
        Some(Type::Set(of) | Type::List(of)) => policy.types.get(of.index()),
        ty => ty,
    };
    match one {
        Some(Type::Int) => Kind::Int,
        Some(Type::Enum(members)) => Kind::Enum(members.clone()),
        _ => Kind::Text,
    }
}
