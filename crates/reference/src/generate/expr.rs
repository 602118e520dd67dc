//! Well-typed, well-guarded conditions.

use super::declare::{Names, Slot, Ty};
use super::dice::Dice;

/// What a condition may read.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    /// The rule implies a user.
    pub(super) user: bool,
    /// Names that may be read.
    pub(super) refs: Vec<Ref>,
    /// Histories with parameters that all of their functions share.
    pub(super) histories: Vec<(&'static str, Vec<Slot>)>,
    /// Lets that may be used: without and with a parameter.
    pub(super) lets: Vec<&'static str>,
    /// Variables in use.
    depth: usize,
}

/// A name that may be read.
#[derive(Clone, Debug)]
pub(super) struct Ref {
    pub(super) text: String,
    pub(super) ty: Ty,
    /// It needs `has`.
    pub(super) optional: bool,
    /// It needs a user.
    pub(super) of_user: bool,
    /// `has` may be asked of it although it is not optional: facts may be missing.
    pub(super) presence: bool,
}

impl Scope {
    pub(super) fn add(&mut self, text: impl Into<String>, ty: Ty, optional: bool, of_user: bool) {
        let text = text.into();
        let presence = !text.starts_with("args.") && !text.starts_with("chain.");
        self.refs.push(Ref {
            text,
            ty,
            optional,
            of_user,
            presence,
        });
    }

    /// What is always there.
    pub(super) fn built_in(names: &Names, pinned_to_issuance: bool, grant: bool) -> Self {
        let mut scope = Self::default();
        for fact in &names.facts {
            if fact.mode == " at issuance" && (grant || !pinned_to_issuance) {
                continue;
            }
            let optional = fact.slot.optional;
            scope.add(
                format!("{}.{}", fact.entity, fact.slot.name),
                fact.slot.ty.clone(),
                optional,
                fact.entity == "user",
            );
        }
        scope.add("agent.owner", Ty::Text, true, false);
        scope.add("agent.id", Ty::Text, false, false);
        scope.add("user.id", Ty::Text, false, true);
        scope.add("task.id", Ty::Text, true, false);
        scope.add("now", Ty::Time, false, false);
        scope.add("chain.depth", Ty::Int, false, false);
        scope.add("chain.root", Ty::Text, false, false);
        scope.add("chain.agents", Ty::List(Box::new(Ty::Text)), false, false);
        scope
    }
}

const WORDS: [&str; 4] = ["\"x\"", "\"y\"", "\"z\"", "\"a.md\""];
const OFFSETS: [&str; 3] = ["\"+00:00\"", "\"+01:00\"", "\"-05:30\""];

/// A condition.
pub(super) fn condition(dice: &mut Dice, scope: &mut Scope, depth: usize) -> String {
    if depth > 0 && dice.chance(35) {
        let a = condition(dice, scope, depth - 1);
        let b = condition(dice, scope, depth - 1);
        return match dice.below(5) {
            0 | 1 => format!("({a} and {b})"),
            2 | 3 => format!("({a} or {b})"),
            _ => format!("(not ({a}) or {b})"),
        };
    }
    if dice.chance(8) {
        return format!("not ({})", condition(dice, scope, depth.saturating_sub(1)));
    }
    if !scope.histories.is_empty() && dice.chance(15) {
        return history(dice, scope);
    }
    if !scope.lets.is_empty() && dice.chance(8) {
        let name = dice.pick(&scope.lets.clone()).to_owned();
        return match name {
            "small" => format!(
                "small({})",
                dice.word(&["chain.depth", "3", "count([1, 2])"])
            ),
            name => name.to_owned(),
        };
    }
    let refs: Vec<Ref> = scope
        .refs
        .iter()
        .filter(|of| of.ty != Ty::Json || of.optional)
        .cloned()
        .collect();
    let of = dice.pick(&refs).clone();
    guarded(dice, scope, &of)
}

/// A predicate of a name, behind the guards that it needs.
pub(super) fn guarded(dice: &mut Dice, scope: &mut Scope, of: &Ref) -> String {
    let mut needed = vec![];
    if of.of_user && !scope.user {
        needed.push("user".to_owned());
    }
    if of.optional {
        needed.push(of.text.clone());
    }
    let guarded_parts = dice.chance(50);
    // `has` of what is always there is an error; a JSON value can be asked nothing else.
    let may_lack = !needed.is_empty() || (of.text.contains('.') && of.presence);
    if (dice.chance(6) && may_lack) || of.ty == Ty::Json {
        needed.push(of.text.clone());
        needed.dedup();
        let parts: Vec<String> = needed.iter().map(|name| format!("has {name}")).collect();
        return format!("({})", parts.join(" and "));
    }
    let (predicate, more) = predicate(dice, scope, &of.text, &of.ty);
    needed.extend(more);
    if needed.is_empty() {
        return predicate;
    }
    if guarded_parts {
        let parts: Vec<String> = needed.iter().map(|name| format!("has {name}")).collect();
        format!("({} and {predicate})", parts.join(" and "))
    } else {
        let parts: Vec<String> = needed
            .iter()
            .map(|name| format!("not has {name}"))
            .collect();
        format!("({} or {predicate})", parts.join(" or "))
    }
}

/// A predicate of an expression of a type, and further names that it needs.
fn predicate(dice: &mut Dice, scope: &mut Scope, of: &str, ty: &Ty) -> (String, Vec<String>) {
    let text = match ty {
        Ty::Bool => dice
            .word(&["{}", "{} == true", "not {}", "{} != false"])
            .replace("{}", of),
        Ty::Int => dice
            .word(&[
                "{} < 3",
                "{} >= 1",
                "{} + 1 <= 3",
                "{} - 2 > -2",
                "{} in [1, 2, 5]",
                "{} == 1",
                "{} != 2",
                "{} + 9223372036854775806 > 0",
                "[1, 2] contains {}",
            ])
            .replace("{}", of),
        Ty::Decimal => dice
            .word(&[
                "{} <= 2.50",
                "{} > 1",
                "{} + 1 < 4.0",
                "{} == 1.00",
                "{} in [1.0, 2.50]",
                "{} - 1.5 != 1",
            ])
            .replace("{}", of),
        Ty::Text => text_predicate(dice, scope, of),
        Ty::Enum => dice
            .word(&[
                "{} == \"x\"",
                "{} != \"y\"",
                "{} in [\"x\", \"y\"]",
                "[\"y\"] contains {}",
            ])
            .replace("{}", of),
        Ty::Time => {
            let template = dice.word(&[
                "{} < now",
                "{} + 1h > now",
                "{} >= now - 5m",
                "now - {} < 30m",
                "time_of_day({}, @) < 4h",
                "weekday({}, @) in [\"mon\", \"tue\", \"thu\"]",
                "weekday({}, @) == \"fri\"",
            ]);
            template.replace("{}", of).replace('@', dice.word(&OFFSETS))
        }
        Ty::Duration => dice
            .word(&[
                "{} < 10m",
                "{} + 5m >= 1h",
                "now + {} > now",
                "{} == 5m",
                "now - {} < now",
            ])
            .replace("{}", of),
        Ty::Ip => dice
            .word(&[
                "{} within \"10.0.0.0/8\"",
                "not ({} within \"fd00::/8\")",
                "{} == {}",
            ])
            .replace("{}", of),
        Ty::Json => format!("has {of}"),
        Ty::Set(item) | Ty::List(item) => return list_predicate(dice, scope, of, item),
        Ty::Record(slots) => {
            let slot = dice.pick(slots).clone();
            let name = format!("{of}.{}", slot.name);
            // A fact that is a record may lack any of its parts.
            if dice.chance(30) && !of.starts_with("args.") && of.contains('.') {
                return (
                    dice.word(&["has {}", "not has {}"]).replace("{}", &name),
                    vec![],
                );
            }
            let (predicate, mut more) = predicate(dice, scope, &name, &slot.ty);
            if slot.optional {
                more.insert(0, name);
            }
            return (predicate, more);
        }
    };
    (text, vec![])
}

fn text_predicate(dice: &mut Dice, scope: &Scope, of: &str) -> String {
    let others: Vec<&Ref> = scope
        .refs
        .iter()
        .filter(|other| !other.optional && (!other.of_user || scope.user))
        .collect();
    let text = others
        .iter()
        .find(|other| other.ty == Ty::Text && other.text != of);
    let set = others
        .iter()
        .find(|other| other.ty == Ty::Set(Box::new(Ty::Text)));
    let word = dice.word(&WORDS);
    if of.ends_with("addr") && dice.chance(70) {
        return dice
            .word(&["email({}).domain == \"x.com\"", "email({}).local != \"y\""])
            .replace("{}", of);
    }
    if (of.ends_with("link") || of.ends_with("site")) && dice.chance(70) {
        return dice
            .word(&[
                "url({}).host == \"x.com\"",
                "url({}).port == 443",
                "url({}).scheme == \"https\"",
                "\"x\" in url({}).path",
            ])
            .replace("{}", of);
    }
    match (dice.below(12), text, set) {
        (0, Some(other), _) => format!("{of} == {}", other.text),
        (1, _, Some(set)) => format!("{of} in {}", set.text),
        (2, ..) => format!("{of} != {word}"),
        (3, ..) => format!("{of} in [\"x\", \"y\", \"bot\", \"ana\", \"T1\"]"),
        (4, ..) => format!(
            "{of} like \"{}\"",
            dice.word(&["x*", "*y", "*a*", "a*d", "b?t", "x"])
        ),
        (5, ..) => format!("{of} contains \"{}\"", dice.word(&["x", "a", "."])),
        (6, ..) => format!("lower({of}) == {word}"),
        (7, ..) => format!("count(path({of})) < 2"),
        (8, ..) => format!("{word} in path({of})"),
        _ => format!("{of} == {word}"),
    }
}

fn list_predicate(
    dice: &mut Dice,
    scope: &mut Scope,
    of: &str,
    item: &Ty,
) -> (String, Vec<String>) {
    let variable = ["i", "j", "k1", "k2"][scope.depth.min(3)].to_owned();
    match dice.below(8) {
        0 => {
            return (
                format!("count({of}) {} 1", dice.word(&["<", ">=", "=="])),
                vec![],
            );
        }
        1 if *item == Ty::Text => {
            return (
                dice.word(&[
                    "{} subset of [\"x\", \"y\", \"z\"]",
                    "[\"x\"] subset of {}",
                    "lower({}) contains \"x\"",
                    "count(distinct e in {}: lower(e)) == 1",
                ])
                .replace("{}", of),
                vec![],
            );
        }
        2 if *item == Ty::Text => return (format!("\"x\" in {of}"), vec![]),
        3 if *item == Ty::Text => return (format!("{of} contains \"y\""), vec![]),
        2 | 3 if *item == Ty::Int => {
            return (
                dice.word(&[
                    "sum({}) < 4",
                    "sum(e in {} where e > 1: e) == 2",
                    "sum(distinct e in {}: e) < 4",
                    "sum(distinct e in {} where e < 9: e) >= 2",
                    "1 in {}",
                ])
                .replace("{}", of),
                vec![],
            );
        }
        4 if matches!(item, Ty::Record(_)) => {
            return (
                dice.word(&[
                    "sum(e in {}: e.n) < 4",
                    "count(distinct e in {}: e.n) == 1",
                    "count(e in {} where e.n > 0) > 0",
                    "sum(distinct e in {} where e.n < 3: e.n) <= 2",
                    "sum(distinct e in {}: e.n) > 1",
                    "count(e in {} where has e.k and e.k == \"x\") == 0",
                ])
                .replace("{}", of),
                vec![],
            );
        }
        _ => {}
    }
    scope.depth += 1;
    let body_ref = Ref {
        text: variable.clone(),
        ty: item.clone(),
        optional: false,
        of_user: false,
        presence: false,
    };
    let filter = if dice.chance(30) {
        format!(" where {}", guarded(dice, scope, &body_ref))
    } else {
        String::new()
    };
    let body = guarded(dice, scope, &body_ref);
    scope.depth -= 1;
    let quantifier = dice.word(&["some", "all"]);
    (
        format!("({quantifier} {variable} in {of}{filter}: ({body}))"),
        vec![],
    )
}

fn history(dice: &mut Dice, scope: &Scope) -> String {
    let histories = scope.histories.clone();
    let (name, params) = dice.pick(&histories);
    if dice.chance(10) {
        return format!("(has {name} and count({name}) < 2)");
    }
    let param = (!params.is_empty()).then(|| dice.pick(params).clone());
    if let Some(param) = param.filter(|_| dice.chance(35)) {
        let read = format!("h.args.{}", param.name);
        return match param.ty {
            Ty::Int => format!("sum(h in {name}: {read}) < 4"),
            Ty::Decimal => format!("sum(h in {name} where {read} > 0: {read}) <= 2.50"),
            Ty::Text => format!("(some h in {name}: {read} == \"x\")"),
            _ => format!("(some h in {name}: has {read})"),
        };
    }
    dice.word(&[
        "count({}) < 2",
        "count({}) > 0",
        "count(h in {} where h.time >= now - 5m) < 2",
        "(some h in {}: resource.path in h.resources)",
        "(all h in {}: h.outcome == \"ok\")",
        "(some h in {}: \"read\" in h.actions)",
        "(not (some h in {}: (h.seq > 2 and h.tool == \"t.get\")))",
        "count(distinct h in {}: h.tool) <= 1",
        "(some h in {}: (some g in {}: (h.seq > g.seq and h.outcome != g.outcome)))",
    ])
    .replace("{}", name)
}
