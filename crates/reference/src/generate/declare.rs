//! What a generated policy declares: facts, groups, tools, histories.

use super::dice::Dice;

/// A type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ty {
    Bool,
    Int,
    Decimal,
    Text,
    Time,
    Duration,
    Ip,
    Json,
    Enum,
    Set(Box<Ty>),
    List(Box<Ty>),
    Record(Vec<Slot>),
}

/// A named slot: a fact, a parameter, a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) name: &'static str,
    pub(super) ty: Ty,
    /// It may be absent, so that it needs a guard.
    pub(super) optional: bool,
    pub(super) default: Option<&'static str>,
}

/// A fact.
#[derive(Clone, Debug)]
pub(super) struct Fact {
    pub(super) entity: &'static str,
    pub(super) slot: Slot,
    /// `fixed`, `at issuance`, `at runtime` or nothing.
    pub(super) mode: &'static str,
}

/// A function, or a tool that takes plain triples.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub(super) tool: &'static str,
    pub(super) name: &'static str,
    pub(super) params: Vec<Slot>,
    pub(super) bare: bool,
    /// Actions, each with the text of its condition and templates.
    pub(super) lines: Vec<(&'static str, String, Vec<String>)>,
    pub(super) keyword: bool,
}

impl Function {
    pub(super) fn path(&self) -> String {
        if self.bare {
            self.tool.to_owned()
        } else {
            format!("{}.{}", self.tool, self.name)
        }
    }
}

/// Everything that is declared.
#[derive(Clone, Debug)]
pub(super) struct Names {
    pub(super) facts: Vec<Fact>,
    pub(super) resource_facts: Vec<Slot>,
    pub(super) functions: Vec<Function>,
    /// Histories: name, and the functions that each selects.
    pub(super) histories: Vec<(&'static str, Vec<usize>)>,
    pub(super) agents: Vec<&'static str>,
}

pub(super) const ACTIONS: [&str; 4] = ["read", "write", "send", "drop"];
pub(super) const AGENTS: [&str; 3] = ["bot", "clerk", "aide"];

fn slot(name: &'static str, ty: Ty) -> Slot {
    Slot {
        name,
        ty,
        optional: false,
        default: None,
    }
}

fn optional(name: &'static str, ty: Ty) -> Slot {
    Slot {
        optional: true,
        ..slot(name, ty)
    }
}

fn texts() -> Ty {
    Ty::Set(Box::new(Ty::Text))
}

fn records() -> Ty {
    Ty::List(Box::new(Ty::Record(vec![
        optional("k", Ty::Text),
        slot("n", Ty::Int),
    ])))
}

/// The declarations of a policy.
pub(super) fn names(dice: &mut Dice) -> Names {
    let record = Ty::Record(vec![slot("f", Ty::Text), optional("g", Ty::Int)]);
    let device = Ty::Record(vec![
        optional("kind", Ty::Enum),
        optional("os", Ty::Text),
        optional(
            "disk",
            Ty::Record(vec![slot("state", Ty::Enum), optional("size", Ty::Int)]),
        ),
    ]);
    let owner = Ty::Record(vec![slot("rank", Ty::Enum), optional("team", Ty::Text)]);
    let pool: Vec<(&'static str, Slot)> = vec![
        ("context", slot("risk", Ty::Int)),
        ("user", slot("tenant", Ty::Text)),
        ("task", slot("purpose", Ty::Enum)),
        ("context", slot("mfa", Ty::Bool)),
        ("user", slot("orgs", texts())),
        ("task", slot("files", texts())),
        ("agent", slot("tier", Ty::Int)),
        ("agent", slot("team", Ty::Text)),
        ("user", slot("role", Ty::Enum)),
        ("user", slot("home", Ty::Text)),
        ("task", slot("limit", Ty::Decimal)),
        ("task", slot("due", Ty::Time)),
        ("task", slot("peers", texts())),
        ("context", slot("site", Ty::Text)),
        ("context", slot("ip", Ty::Ip)),
        ("context", slot("score", Ty::Decimal)),
        ("context", slot("age", Ty::Duration)),
        ("context", slot("meta", record)),
        ("context", slot("device", device)),
        ("user", slot("badge", owner.clone())),
        ("context", slot("items", records())),
        ("context", slot("blob", Ty::Json)),
        ("context", slot("levels", Ty::List(Box::new(Ty::Int)))),
        ("context", slot("roles", Ty::Set(Box::new(Ty::Enum)))),
    ];
    let mut facts = vec![];
    for (entity, mut slot) in pool {
        if !dice.chance(65) {
            continue;
        }
        slot.optional = slot.ty == Ty::Json || dice.chance(30);
        if !slot.optional && dice.chance(12) {
            slot.default = match slot.ty {
                Ty::Bool => Some("false"),
                Ty::Int => Some("1"),
                Ty::Text | Ty::Enum => Some("\"x\""),
                Ty::Decimal => Some("2.50"),
                Ty::Duration => Some("5m"),
                _ => None,
            };
        }
        let mode = match dice.below(20) {
            0..=12 => "",
            13..=15 if entity != "task" => " fixed",
            16..=18 if entity != "task" => " at runtime",
            19 if entity == "context" => " at issuance",
            _ => "",
        };
        facts.push(Fact { entity, slot, mode });
    }
    let resource_facts = if dice.chance(60) {
        vec![
            slot("owner", Ty::Text),
            slot("status", Ty::Enum),
            optional("size", Ty::Int),
            slot("keeper", owner),
            Slot {
                default: Some("1"),
                ..slot("level", Ty::Int)
            },
        ]
    } else {
        vec![]
    };
    let mut functions = vec![];
    for (tool, name) in [
        ("t", "get"),
        ("t", "put"),
        ("u", "mail"),
        ("u", "move"),
        ("w.deep", "do"),
        ("v", ""),
    ] {
        if functions.is_empty() || dice.chance(60) {
            functions.push(function(dice, tool, name));
        }
    }
    let mut histories = vec![];
    for name in ["past", "lately"] {
        if dice.chance(45) {
            let all: Vec<usize> = (0..functions.len()).collect();
            let selected = dice.some(&all, 1);
            histories.push((name, selected));
        }
    }
    Names {
        facts,
        resource_facts,
        functions,
        histories,
        agents: dice.some(&AGENTS, 1),
    }
}

fn function(dice: &mut Dice, tool: &'static str, name: &'static str) -> Function {
    if name.is_empty() {
        let action = dice.word(&ACTIONS);
        let pattern = dice.word(&["r/*", "r/**", "f/*.md", "*/x"]);
        return Function {
            tool,
            name,
            params: vec![],
            bare: true,
            lines: vec![(action, String::new(), vec![pattern.to_owned()])],
            keyword: false,
        };
    }
    let list = Ty::List(Box::new(Ty::Text));
    let mut params = vec![slot("p", Ty::Text)];
    let extra = [
        slot("q", Ty::Text),
        slot("n", Ty::Int),
        slot("amount", Ty::Decimal),
        slot("kind", Ty::Enum),
        slot("type", list),
        slot("path", Ty::Text),
        slot("link", Ty::Text),
        slot("addr", Ty::Text),
        slot("recs", records()),
        slot("flag", Ty::Bool),
        slot("when", Ty::Time),
        slot("body", Ty::Json),
        slot("for", Ty::Duration),
        slot("from", Ty::Ip),
    ];
    for mut slot in extra {
        if dice.chance(35) {
            slot.optional = dice.chance(35);
            if !slot.optional && dice.chance(20) {
                slot.default = match slot.ty {
                    Ty::Bool => Some("false"),
                    Ty::Int => Some("1"),
                    Ty::Text if slot.name == "q" => Some("\"x\""),
                    Ty::Decimal => Some("1.00"),
                    Ty::Enum => Some("\"y\""),
                    _ => None,
                };
            }
            params.push(slot);
        }
    }
    let keyword = dice.chance(30);
    let mut lines = vec![];
    if keyword {
        let has = |name: &str| params.iter().find(|param| param.name == name);
        if let Some(kind) = has("kind") {
            let guard = if kind.optional {
                "has args.kind and "
            } else {
                ""
            };
            lines.push((
                dice.word(&ACTIONS),
                format!(" when {guard}args.kind == \"x\""),
                templates(dice, &params),
            ));
            let other = if dice.chance(50) {
                "!= \"x\""
            } else {
                "== \"y\""
            };
            lines.push((
                dice.word(&ACTIONS),
                format!(" when {guard}args.kind {other}"),
                templates(dice, &params),
            ));
        } else if let Some(q) = has("q").filter(|q| q.optional) {
            let _ = q;
            lines.push((dice.word(&ACTIONS), String::new(), templates(dice, &params)));
            lines.push((
                dice.word(&ACTIONS),
                " when has args.q".to_owned(),
                templates(dice, &params),
            ));
        } else {
            lines.push((dice.word(&ACTIONS), String::new(), templates(dice, &params)));
        }
        // One action has one line, so that a policy is never refused for two.
        lines.dedup_by(|a, b| a.0 == b.0);
    } else {
        lines.push((dice.word(&ACTIONS), String::new(), templates(dice, &params)));
    }
    Function {
        tool,
        name,
        params,
        bare: false,
        lines,
        keyword,
    }
}

fn templates(dice: &mut Dice, params: &[Slot]) -> Vec<String> {
    let mut choices = vec!["r/{p}".to_owned(), "r/x/{lower(p)}".to_owned()];
    for param in params {
        match param.name {
            "n" => choices.extend(["r/{p}/{n}".to_owned(), "r/{n}".to_owned()]),
            "q" => choices.push("r/{p}/{q}".to_owned()),
            "kind" => choices.push("{kind}/{p}".to_owned()),
            "type" => choices.extend([
                "r/{each type}".to_owned(),
                "m/{each lower(type)}".to_owned(),
            ]),
            "path" => choices.extend(["f/{path(path)}".to_owned(), "r/{path(path)}".to_owned()]),
            "link" => choices.push("{url(link)}".to_owned()),
            "addr" => choices.extend(["{email(addr)}".to_owned(), "r/{email(addr)}".to_owned()]),
            "recs" => choices.push("r/{each recs.k}".to_owned()),
            _ => {}
        }
    }
    let mut templates = vec![dice.pick(&choices).clone()];
    if dice.chance(25) {
        templates.push(dice.pick(&choices).clone());
        templates.dedup();
    }
    templates
}

/// The text of a type.
pub(super) fn ty(ty: &Ty) -> String {
    match ty {
        Ty::Bool => "bool".to_owned(),
        Ty::Int => "int".to_owned(),
        Ty::Decimal => "decimal".to_owned(),
        Ty::Text => "text".to_owned(),
        Ty::Time => "time".to_owned(),
        Ty::Duration => "duration".to_owned(),
        Ty::Ip => "ip".to_owned(),
        Ty::Json => "json".to_owned(),
        Ty::Enum => "\"x\" | \"y\"".to_owned(),
        Ty::Set(of) => format!("set<{}>", self::ty(of)),
        Ty::List(of) => format!("list<{}>", self::ty(of)),
        Ty::Record(slots) => {
            let fields: Vec<String> = slots.iter().map(slot_text).collect();
            format!("{{ {} }}", fields.join(", "))
        }
    }
}

/// The text of a slot.
pub(super) fn slot_text(slot: &Slot) -> String {
    let mark = if slot.optional { "?" } else { "" };
    let default = slot
        .default
        .map(|default| format!(" = {default}"))
        .unwrap_or_default();
    format!("{}: {}{mark}{default}", slot.name, ty(&slot.ty))
}
