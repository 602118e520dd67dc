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
///
/// # Errors
///
/// In how many places grants meet denies and requires, when that is beyond the limit.
pub(super) fn samples(
    engine: &Engine,
    (function, action): Pair,
    regions: &[Regions],
    limit: usize,
) -> Result<BTreeSet<SmolStr>, usize> {
    let policy = engine.compiled().policy();
    // All rules, and not only those about this function and action: a rule that comes to be
    // about it later then changes answers and no questions.
    let rules: Vec<(&Rule, &Regions)> = policy.rules.iter().zip(regions).collect();
    let mut found = BTreeSet::new();
    let Some(declared) = policy.functions.get(function.index()) else {
        return Ok(found);
    };
    let lines = declared.lines.iter().filter(|line| line.action == action);
    for id in lines.flat_map(|line| &line.templates) {
        if let Some(template) = Template::of(policy, function, *id) {
            template.sample(&rules, &mut found, limit)?;
        }
    }
    found.retain(|text: &SmolStr| fits(engine, (function, action), text));
    Ok(found)
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
                .chain(numbered("84", ""))
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

    fn sample(
        &self,
        rules: &[(&Rule, &Regions)],
        found: &mut BTreeSet<SmolStr>,
        limit: usize,
    ) -> Result<(), usize> {
        // What the patterns of these rules share with the template, each once.
        let parts = |wanted: fn(RuleKind) -> bool, of: fn(&Regions) -> &[Concrete]| {
            let regions: BTreeSet<&Concrete> = rules
                .iter()
                .filter(|(rule, _)| wanted(rule.kind))
                .flat_map(|(_, regions)| of(regions))
                .collect();
            regions
                .into_iter()
                .flat_map(|region| region.intersect(&self.region).unwrap_or_default())
                .collect::<BTreeSet<Concrete>>()
        };
        let grants = parts(|kind| kind == RuleKind::Grant, |of| &of.general);
        let others = parts(|kind| kind != RuleKind::Grant, |of| &of.general);
        let avoid: Vec<&Concrete> = grants.iter().chain(&others).collect();
        let asked = Asked::of(&avoid);
        self.inside(&self.region, &asked, found);
        for part in &avoid {
            self.inside(part, &asked, found);
            self.outside(part, &asked, found);
        }
        for part in &parts(|_| true, |of| &of.special) {
            self.inside(part, &asked, found);
        }
        // Where a deny or require meets a grant.
        let meetings = grants.len().saturating_mul(others.len());
        if meetings > limit {
            return Err(meetings);
        }
        for grant in &grants {
            for other in &others {
                for part in grant.intersect(other).unwrap_or_default() {
                    self.inside(&part, &asked, found);
                }
            }
        }
        Ok(())
    }

    fn inside(&self, part: &Concrete, asked: &Asked<'_>, found: &mut BTreeSet<SmolStr>) {
        found.extend(self.text(part, None, asked));
    }

    /// One for each segment that the part fixes and the template does not; and one that is
    /// longer, where it ends and the template goes on.
    fn outside(&self, part: &Concrete, asked: &Asked<'_>, found: &mut BTreeSet<SmolStr>) {
        for (depth, segment) in part.segments().iter().enumerate() {
            let fixed = matches!(self.region.segments().get(depth), Some(Seg::Literal(_)));
            if !fixed && *segment != Seg::Any {
                found.extend(self.text(part, Some(depth), asked));
            }
        }
        if self.region.tail() && !part.tail() {
            let longer = Concrete::new(part.segments().to_vec(), true);
            if let Ok(longer) = longer {
                self.inside(&longer, asked, found);
            }
        }
    }

    /// A resource of a part, with a fresh segment at one place. Below a final `**` it has one
    /// more segment.
    fn text(&self, part: &Concrete, replaced: Option<usize>, asked: &Asked<'_>) -> Option<SmolStr> {
        let length = part.segments().len() + usize::from(part.tail());
        let mut texts: Vec<SmolStr> = Vec::with_capacity(length);
        for depth in 0..length {
            let kind = self.kinds.get(depth).unwrap_or(&Kind::Text);
            let segment = part.segments().get(depth).unwrap_or(&Seg::Any);
            texts.push(match segment {
                _ if replaced == Some(depth) => asked.fresh(kind, depth)?,
                Seg::Literal(text) => text.clone(),
                Seg::Any => asked.fresh(kind, depth)?,
                Seg::Glob { prefix, suffix } => format_smolstr!("{prefix}x{suffix}"),
            });
        }
        Resource::from_segments(texts).ok().map(Resource::into_text)
    }
}

/// What patterns ask for, by depth.
struct Asked<'a> {
    segments: Vec<BTreeSet<&'a Seg>>,
}

impl<'a> Asked<'a> {
    fn of(patterns: &[&'a Concrete]) -> Self {
        let mut segments: Vec<BTreeSet<&Seg>> = Vec::new();
        for pattern in patterns {
            for (depth, segment) in pattern.segments().iter().enumerate() {
                if depth == segments.len() {
                    segments.push(BTreeSet::new());
                }
                if let Some(known) = segments.get_mut(depth).filter(|_| *segment != Seg::Any) {
                    known.insert(segment);
                }
            }
        }
        Self { segments }
    }

    /// A segment that no pattern asks for at this depth; the first choice, where each of them
    /// is asked for.
    fn fresh(&self, kind: &Kind, depth: usize) -> Option<SmolStr> {
        let choices = kind.choices();
        let asked = self.segments.get(depth);
        let unasked = choices.iter().find(|text| {
            !asked
                .into_iter()
                .flatten()
                .any(|segment| segment.matches(text))
        });
        unasked.or(choices.first()).cloned()
    }
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
