//! Policy texts: declarations, layers, rules with every clause.

use std::fmt::Write;

use super::declare::{self, ACTIONS, Fact, Function, Names, Slot, Ty, slot_text};
use super::dice::Dice;
use super::expr::{self, Scope};

/// A file of a policy set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its items, each a text; the first says the layer when there is one.
    pub items: Vec<String>,
}

impl File {
    /// Its text.
    #[must_use]
    pub fn text(&self) -> String {
        self.items.join("\n")
    }
}

/// A policy set: one file for each layer.
#[must_use]
pub fn policy(dice: &mut Dice) -> Vec<File> {
    let names = declare::names(dice);
    let layers: &[&str] = match dice.below(10) {
        0..=4 => &["main"],
        5 | 6 => &["main", "org"],
        7 => &["code", "main"],
        _ => &["code", "main", "org"],
    };
    let lets: Vec<&'static str> = if dice.chance(50) {
        vec!["small", "shallow"]
    } else {
        vec![]
    };
    let lifetime = dice.chance(85).then(|| dice.word(&["1h", "30m", "15m"]));
    let frame = Frame {
        names: &names,
        lets: &lets,
        lifetime: lifetime.is_some(),
    };
    let mut files = vec![];
    for layer in layers {
        let mut items = vec![];
        let guardrail = *layer == "org";
        if guardrail {
            items.push("layer org default grant".to_owned());
        } else if *layer != "main" || dice.chance(50) {
            items.push(format!("layer {layer}"));
        }
        if *layer == "main" {
            declarations(dice, &names, layers, &lets, lifetime, &mut items);
        }
        let mut count = 0;
        if !guardrail {
            // A broad grant, so that what the other rules do decides.
            if dice.chance(50) {
                let mut clauses = vec![
                    "agent any",
                    dice.word(&["user any, none", "user any, none", "user any"]),
                    "tool any",
                    "action any",
                    "resource any",
                ]
                .into_iter()
                .map(str::to_owned)
                .collect();
                duties(dice, &frame, "grant", false, &[], &mut clauses);
                items.push(format!("grant broad {{\n  {}\n}}", clauses.join("\n  ")));
                count += 1;
            }
            for at in 0..1 + dice.below(4) {
                items.push(rule(dice, &frame, "grant", &format!("g{at}")));
                count += 1;
            }
        }
        for at in 0..[0, 0, 1, 1, 2][dice.below(5)] {
            items.push(rule(dice, &frame, "deny", &format!("d{at}")));
            count += 1;
        }
        for at in 0..dice.below(3).max(usize::from(count == 0)) {
            items.push(rule(dice, &frame, "require", &format!("q{at}")));
        }
        files.push(File {
            name: format!("{layer}.placet"),
            items,
        });
    }
    files
}

fn declarations(
    dice: &mut Dice,
    names: &Names,
    layers: &[&str],
    lets: &[&str],
    lifetime: Option<&str>,
    items: &mut Vec<String>,
) {
    let lifetime = match lifetime {
        Some(lifetime) => format!("  lifetime {lifetime}"),
        None => String::new(),
    };
    items.push(format!(
        "policy generated {{ language 1  layers {}{lifetime} }}",
        layers.join(", ")
    ));
    for Fact { entity, slot, mode } in &names.facts {
        items.push(format!("facts {entity}{mode} {{ {} }}", slot_text(slot)));
    }
    if !names.resource_facts.is_empty() {
        let slots: Vec<String> = names.resource_facts.iter().map(slot_text).collect();
        items.push(format!(
            "facts resource \"r/**\" {{ {} }}",
            slots.join(", ")
        ));
    }
    let tier = names
        .facts
        .iter()
        .any(|fact| fact.entity == "agent" && fact.slot.name == "tier");
    for agent in &names.agents {
        let group = if dice.chance(50) { " in bots" } else { "" };
        let facts = match dice.below(4) {
            0 if tier => " { owner = \"x\", tier = 2 }",
            1 if tier => " { tier = 1 }",
            2 => " { owner = \"y\" }",
            _ => "",
        };
        items.push(format!("agent {agent}{group}{facts}"));
    }
    let crew = if dice.chance(40) { " in bots" } else { "" };
    items.push("group agents bots".to_owned());
    items.push(format!("group agents crew{crew} from request"));
    let staff = if dice.chance(40) { " in staff-all" } else { "" };
    items.push(format!("group users staff{staff} from request"));
    // As `crew` and `staff` are nested, so that no throw is spent on it.
    let (nested, all) = match (crew.is_empty(), staff.is_empty()) {
        (true, true) => ("", "eve"),
        (true, false) => ("", "ana, eve"),
        (false, true) => (" in staff-all", "eve"),
        (false, false) => (" in staff-all", "ana, eve"),
    };
    items.push(format!("group users admins{nested} = ana, \"bob\""));
    items.push(format!("group users staff-all = {all}"));
    let actions = actions(names);
    items.push(format!("group actions writes = {}", actions.join(", ")));
    if dice.chance(50) {
        items.push(format!("action {} in risky", dice.pick(&actions)));
    } else {
        items.push(format!(
            "action {} in risky, writes-too",
            dice.pick(&actions)
        ));
        items.push("group actions writes-too".to_owned());
    }
    items.push("group actions risky".to_owned());
    items.extend(tools(dice, &names.functions));
    for (name, selected) in &names.histories {
        let paths: Vec<String> = selected
            .iter()
            .filter_map(|at| names.functions.get(*at))
            .map(Function::path)
            .collect();
        let mut text = format!("history {name} = calls tool {}", paths.join(", "));
        if dice.chance(20) {
            text.push_str(dice.word(&[" resource \"r/**\"", " resource \"r/*\", \"f/**\""]));
        }
        if dice.chance(35) {
            text.push_str(dice.word(&[
                " outcome ok",
                " outcome denied, failed",
                " outcome pending",
            ]));
        }
        text.push_str(dice.word(&[
            " per task",
            " per user",
            " per agent",
            " per chain",
            " per credential",
        ]));
        if dice.chance(60) {
            text.push_str(dice.word(&[" within 1h", " within 5m", " within 1d"]));
        }
        items.push(text);
    }
    if !lets.is_empty() {
        items.push("let small(n: int) = n < 2".to_owned());
        items.push("let shallow = small(chain.depth)".to_owned());
    }
    if dice.chance(15) {
        items.push(
            "claim \"nothing is dropped\" { never { tool any  when chain.depth > 5 } }".to_owned(),
        );
    }
}

/// The verbs that the tools use.
fn actions(names: &Names) -> Vec<&'static str> {
    let mut actions: Vec<&'static str> = names
        .functions
        .iter()
        .flat_map(|function| function.lines.iter().map(|(action, ..)| *action))
        .collect();
    actions.sort_unstable();
    actions.dedup();
    actions
}

fn tools(dice: &mut Dice, functions: &[Function]) -> Vec<String> {
    let mut items = vec![];
    let mut tools: Vec<&str> = functions.iter().map(|function| function.tool).collect();
    tools.dedup();
    for tool in tools {
        let mut text = format!("tool {tool} {{\n");
        if dice.chance(40) {
            let _ = writeln!(text, "  audience \"https://{tool}.example.com/mcp\"");
        }
        let own: Vec<&Function> = functions
            .iter()
            .filter(|function| function.tool == tool)
            .collect();
        for function in &own {
            if function.bare {
                for (action, _, templates) in &function.lines {
                    let _ = writeln!(text, "  action {action} -> {}", quoted(templates));
                }
            } else if function.keyword {
                let _ = writeln!(text, "  function {} {{", signature(dice, function));
                for (action, when, templates) in &function.lines {
                    let _ = writeln!(text, "    {action}{when} -> {}", quoted(templates));
                }
                let _ = writeln!(text, "   {} }}", returns(dice));
            }
        }
        for verb in ACTIONS {
            let of_verb: Vec<&&Function> = own
                .iter()
                .filter(|function| !function.bare && !function.keyword)
                .filter(|function| function.lines.iter().any(|(action, ..)| *action == verb))
                .collect();
            if of_verb.is_empty() {
                continue;
            }
            let _ = writeln!(text, "  action {verb} {{");
            for function in of_verb {
                for (_, _, templates) in &function.lines {
                    let signature = signature(dice, function);
                    let returns = returns(dice);
                    let _ = writeln!(text, "    {signature} -> {}{returns}", quoted(templates));
                }
            }
            text.push_str("  }\n");
        }
        text.push('}');
        items.push(text);
    }
    items
}

fn quoted(templates: &[String]) -> String {
    let quoted: Vec<String> = templates.iter().map(|text| format!("\"{text}\"")).collect();
    quoted.join(", ")
}

fn signature(dice: &mut Dice, function: &Function) -> String {
    let params: Vec<String> = function.params.iter().map(slot_text).collect();
    let open = if dice.chance(15) { ", ..." } else { "" };
    format!("{}({}{open})", function.name, params.join(", "))
}

fn returns(dice: &mut Dice) -> &'static str {
    if dice.chance(40) {
        " returns { p: text, ok: bool? }"
    } else {
        ""
    }
}

/// What all rules of a policy have around them.
struct Frame<'a> {
    names: &'a Names,
    lets: &'a [&'static str],
    /// The policy says how long grants last.
    lifetime: bool,
}

fn rule(dice: &mut Dice, frame: &Frame<'_>, kind: &str, name: &str) -> String {
    let names = frame.names;
    let grant = kind == "grant";
    let mut clauses: Vec<String> = vec![];
    let agent = match dice.below(12) {
        0..=8 => "any".to_owned(),
        9 => dice.pick(&names.agents).to_string(),
        10 => "in bots".to_owned(),
        _ => "in crew".to_owned(),
    };
    let user = match dice.below(14) {
        0..=4 => "any",
        5..=9 => "any, none",
        10 => "none",
        11 => "in staff",
        12 => dice.word(&["in admins", "in staff-all", "in staff-all, staff"]),
        _ => dice.word(&["ana", "bob, eve"]),
    };
    let mut implies_user = !matches!(user, "none" | "any, none");
    if grant || dice.chance(30) {
        clauses.push(format!("agent {agent}"));
    }
    let mut user_absent = user == "none";
    if grant || dice.chance(35) {
        clauses.push(format!("user {user}"));
    } else {
        implies_user = false;
        user_absent = false;
    }
    // Tools and actions; `covered` are the functions that conditions may read arguments of.
    let tool = dice.pick(&names.functions).clone();
    let (tool, mut covered): (String, Vec<&Function>) = match dice.below(7) {
        0..=4 => ("any".to_owned(), names.functions.iter().collect()),
        5 => (
            tool.path(),
            names
                .functions
                .iter()
                .filter(|other| other.path() == tool.path())
                .collect(),
        ),
        _ => (
            tool.tool.to_owned(),
            names
                .functions
                .iter()
                .filter(|other| other.tool == tool.tool)
                .collect(),
        ),
    };
    if grant || dice.chance(40) {
        clauses.push(format!("tool {tool}"));
    } else {
        covered = names.functions.iter().collect();
    }
    let verbs: Vec<&'static str> = {
        let mut verbs: Vec<_> = covered
            .iter()
            .flat_map(|function| function.lines.iter().map(|(action, ..)| *action))
            .collect();
        verbs.sort_unstable();
        verbs.dedup();
        verbs
    };
    let action = match dice.below(8) {
        0..=3 => "any".to_owned(),
        4 | 5 => "in writes".to_owned(),
        _ => dice.some(&verbs, 1).join(", "),
    };
    if grant || dice.chance(45) {
        if action != "any" && action != "in writes" {
            let chosen: Vec<&str> = action.split(", ").collect();
            covered.retain(|function| {
                function
                    .lines
                    .iter()
                    .any(|(action, ..)| chosen.contains(action))
            });
        }
        clauses.push(format!("action {action}"));
    }
    let mut scope = Scope::built_in(names, false, grant);
    let mut pinned = "";
    if !grant && dice.chance(12) {
        pinned = dice.word(&["at issuance", "at runtime"]);
        clauses.push(pinned.to_owned());
        scope = Scope::built_in(names, pinned == "at issuance", grant);
    }
    scope.user = implies_user;
    if pinned != "at issuance" {
        for (slot, optional) in shared_params(&covered) {
            scope.add(
                format!("args.{}", slot.name),
                slot.ty.clone(),
                optional,
                false,
            );
        }
        for (name, selected) in &names.histories {
            let functions: Vec<&Function> = selected
                .iter()
                .filter_map(|at| names.functions.get(*at))
                .collect();
            let params = shared_params(&functions)
                .into_iter()
                .filter(|(_, optional)| !optional)
                .map(|(slot, _)| slot)
                .collect();
            scope.histories.push((name, params));
        }
    }
    scope.lets = frame.lets.to_vec();
    scope.add("resource.path", Ty::Text, false, false);
    let mut captures = vec![];
    let resources = patterns(dice, names, grant, implies_user, &mut captures);
    if let Some(resources) = &resources {
        clauses.push(format!("resource {resources}"));
        let inside = resources
            .split(", ")
            .all(|pattern| pattern.starts_with("\"r/"));
        if inside && pinned != "at issuance" {
            for slot in &names.resource_facts {
                scope.add(
                    format!("resource.{}", slot.name),
                    slot.ty.clone(),
                    slot.optional,
                    false,
                );
            }
        }
    }
    // Variables never shadow: refs that patterns bind are used at least once.
    for capture in &captures {
        let other = match dice.below(4) {
            0 if implies_user => "user.id".to_owned(),
            1 => "agent.id".to_owned(),
            _ => dice.word(&["\"x\"", "\"y\"", "\"a.md\""]).to_owned(),
        };
        let how = dice.word(&["==", "!="]);
        clauses.push(match dice.below(3) {
            0 => format!("when {capture} in [\"x\", \"y\", \"z\", \"a.md\"]"),
            1 if !grant => format!("unless {capture} {how} {other}"),
            _ => format!("when {capture} {how} {other}"),
        });
        scope.add(*capture, Ty::Text, false, false);
    }
    let conditions = match kind {
        "grant" => [0, 0, 0, 1, 1, 2][dice.below(6)],
        "deny" => [1, 1, 1, 2, 2][dice.below(5)],
        _ => [0, 1, 1, 1, 2][dice.below(5)],
    };
    for _ in 0..conditions {
        let word = if dice.chance(30) { "unless" } else { "when" };
        let depth = 1 + dice.below(2);
        clauses.push(format!(
            "{word} {}",
            expr::condition(dice, &mut scope, depth)
        ));
    }
    if kind != "deny" {
        duties(dice, frame, kind, user_absent, &covered, &mut clauses);
    }
    let mut text = String::new();
    if dice.chance(15) {
        text.push_str("/// Says why.\n");
    }
    if dice.chance(25) {
        text.push_str("@owner(\"payments\")\n");
    }
    let _ = write!(text, "{kind} {name} {{\n  {}\n}}", clauses.join("\n  "));
    text
}

/// The parameters that can be read over functions: of one type in all that have them, and
/// whether they may be absent.
fn shared_params(functions: &[&Function]) -> Vec<(Slot, bool)> {
    let mut result: Vec<(Slot, bool)> = vec![];
    for function in functions {
        for param in &function.params {
            if result.iter().any(|(known, _)| known.name == param.name) {
                continue;
            }
            let others: Vec<Option<&Slot>> = functions
                .iter()
                .map(|other| other.params.iter().find(|slot| slot.name == param.name))
                .collect();
            let same = others.iter().flatten().all(|slot| slot.ty == param.ty);
            let optional = others
                .iter()
                .any(|slot| slot.is_none_or(|slot| slot.optional));
            if same {
                result.push((param.clone(), optional));
            }
        }
    }
    result
}

fn patterns(
    dice: &mut Dice,
    names: &Names,
    grant: bool,
    implies_user: bool,
    captures: &mut Vec<&'static str>,
) -> Option<String> {
    if !grant && dice.chance(40) {
        return None;
    }
    if dice.chance(if grant { 50 } else { 5 }) {
        return Some("any".to_owned());
    }
    if dice.chance(18) {
        captures.push("c");
        return Some(
            dice.word(&[
                "\"r/{*c}\"",
                "\"r/{*c}/**\"",
                "\"{*c}/**\"",
                "\"{*c}/x\", \"r/{*c}/**\"",
                "\"r/x/{*c}\"",
            ])
            .to_owned(),
        );
    }
    let mut choices: Vec<String> = [
        "**",
        "r/**",
        "r/*",
        "r/x",
        "r/x/**",
        "r/x*",
        "r/*/y",
        "r/*.md",
        "f/**",
        "*/x",
        "m/*",
        "*/*",
        "r/*x*",
        "https/x.com/**",
        "email/x.com/*",
        "r/a*/**",
        "r/*d",
    ]
    .iter()
    .filter(|pattern| pattern.matches('*').count() < 3 && **pattern != "r/*x*")
    .map(|pattern| (*pattern).to_owned())
    .collect();
    let holes = [
        "r/{agent.id}",
        "r/{agent.id}/**",
        "r/{task.id}/**",
        "*/{agent.id}",
    ];
    if dice.chance(42) {
        choices = holes.iter().map(|hole| (*hole).to_owned()).collect();
        if implies_user {
            choices.push("r/{user.id}/**".to_owned());
        }
        for Fact { entity, slot, mode } in &names.facts {
            let guarded = slot.optional || (*entity == "user" && !implies_user);
            if guarded || *mode == " at issuance" {
                continue;
            }
            let name = format!("{entity}.{}", slot.name);
            match &slot.ty {
                Ty::Text if slot.name == "site" => {
                    choices.extend([format!("{{url({name})}}"), format!("r/{{url({name})}}")]);
                }
                Ty::Text if slot.name == "home" => {
                    choices.extend([format!("f/{{path({name})}}"), format!("r/{{path({name})}}")]);
                    choices.push(format!("f/{{path({name})}}"));
                }
                Ty::Text if slot.name == "tenant" => {
                    choices.extend([
                        format!("r/{{{name}}}/**"),
                        format!("r/{{lower({name})}}/**"),
                        format!("r/{{lower({name})}}"),
                    ]);
                }
                Ty::Text | Ty::Enum | Ty::Int => {
                    choices.push(format!("r/{{{name}}}/**"));
                    choices.push(format!("r/{{{name}}}"));
                    choices.push(format!("*/{{{name}}}"));
                }
                Ty::Set(_) if slot.name == "peers" => choices.push(format!("{{email({name})}}")),
                Ty::Set(_) if slot.name == "orgs" => {
                    choices.push(format!("r/{{lower({name})}}/**"));
                    choices.push(format!("r/{{lower({name})}}"));
                    choices.push(format!("r/{{{name}}}/{{{name}}}"));
                }
                Ty::Set(of) if **of == Ty::Text => choices.push(format!("r/{{{name}}}")),
                _ => {}
            }
        }
    }
    let mut chosen = vec![format!("\"{}\"", dice.pick(&choices))];
    if dice.chance(25) {
        chosen.push(format!("\"{}\"", dice.pick(&choices)));
        chosen.dedup();
    }
    Some(chosen.join(", "))
}

fn duties(
    dice: &mut Dice,
    frame: &Frame<'_>,
    kind: &str,
    user_absent: bool,
    covered: &[&Function],
    clauses: &mut Vec<String>,
) {
    let require = kind == "require";
    let mut any = false;
    let percent = if require { 25 } else { 8 };
    let bounded = dice.chance(if require { 30 } else { 45 });
    if bounded || (!require && !frame.lifetime) {
        clauses.push(format!("for {}", dice.word(&["15m", "30m", "1h", "2h"])));
        any = true;
    }
    if dice.chance(if require { 15 } else { 30 }) {
        clauses.push(format!("delegate {}", dice.word(&["0", "1", "2"])));
        any = true;
    }
    if !user_absent && dice.chance(percent) {
        clauses.push(dice.word(&["consent", "consent per call"]).to_owned());
        any = true;
    }
    if dice.chance(percent) {
        clauses.push(
            dice.word(&[
                "approval staff",
                "approval admins per call",
                "approval staff-all",
                "approval admins, staff",
            ])
            .to_owned(),
        );
        any = true;
    }
    if dice.chance(percent) {
        let amounts: Vec<String> = shared_params(covered)
            .into_iter()
            .filter(|(slot, optional)| !optional && matches!(slot.ty, Ty::Int | Ty::Decimal))
            .map(|(slot, _)| format!("budget 3.50 of args.{}", slot.name))
            .collect();
        if !amounts.is_empty() && dice.chance(75) {
            clauses.push(dice.pick(&amounts).clone());
        } else {
            clauses.push(format!("budget {} calls", dice.word(&["1", "2", "3"])));
        }
        any = true;
    }
    if require && !any {
        clauses.push(dice.word(&["for 30m", "approval admins"]).to_owned());
    }
}
