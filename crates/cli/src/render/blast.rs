//! What an agent or the holder of a credential could do at worst, for people and machines.

use std::collections::{BTreeMap, BTreeSet};

use placet::analysis::{Answer, Blast, Region};
use placet::credential::store::Charge;
use placet::json::{decision_to_json, request_to_json};
use placet::model::credential::{Credential, Scope};
use placet::model::json::Json;
use placet::model::policy::{Budget, Policy};
use smol_str::{SmolStr, ToSmolStr};

use crate::args::HowAsked;
use crate::members::Members;
use crate::output::printable;
use crate::render::credential::{State, about};
use crate::render::region;
use crate::render::style::{BOLD, DIM, GREEN, RED, RESET, YELLOW};

/// What an agent could do. Has escape sequences.
pub(crate) fn text(policy: &Policy, of: &str, blast: &Blast, how: &HowAsked) -> String {
    let whom = match &how.user {
        Some(user) => format!(" for {user}"),
        None => String::new(),
    };
    let mut text = format!("{BOLD}{}{RESET}\n", printable(&format!("{of}{whom}")));
    text.push_str(&summed(policy, blast.answer.regions.iter()));
    for delegate in &blast.delegates {
        let actions = delegate.calls.iter().map(|(_, action)| action.as_str());
        let actions: BTreeSet<&str> = actions.collect();
        let actions: Vec<&str> = actions.into_iter().collect();
        let sure = match delegate.witness {
            Some(_) => "",
            None => ", perhaps",
        };
        text.push_str(&format!(
            "  {BOLD}delegates{RESET} to {}: {}  {DIM}{}{sure}{RESET}\n",
            printable(&delegate.agent),
            printable(&actions.join(", ")),
            match delegate.depth {
                1 => "1 link".to_owned(),
                links => format!("up to {links} links"),
            }
        ));
    }
    if how.examples {
        for one in &blast.answer.regions {
            text.push('\n');
            text.push_str(&region::text(one, true));
        }
    }
    text.push_str(&region::summary(&blast.answer));
    text
}

/// The same for machines. The shape is stable: keys are only ever added.
pub(crate) fn json(policy: &Policy, of: &str, how: &HowAsked, blast: &Blast) -> Json {
    let question = Members::default()
        .text("agent", of)
        .maybe("for", how.user.as_ref());
    let delegates = blast.delegates.iter().map(|delegate| {
        let calls = delegate.calls.iter().map(|(tool, action)| {
            Members::default()
                .text("tool", tool)
                .text("action", action)
                .into()
        });
        let witness = delegate.witness.as_ref().map_or(Json::Null, |witness| {
            Members::default()
                .put("request", request_to_json(&witness.request))
                .put("decision", decision_to_json(&witness.decision))
                .into()
        });
        Members::default()
            .text("agent", &delegate.agent)
            .number("depth", delegate.depth)
            .list("calls", calls)
            .put("witness", witness)
            .into()
    });
    let report = Members::report()
        .put("question", question.into())
        .put("summary", summary_json(policy, blast.answer.regions.iter()))
        .list("delegates", delegates);
    region::answer_json(report, &blast.answer).into()
}

/// What the regions of one action come to.
#[derive(Default)]
struct Sum<'a> {
    tools: BTreeSet<&'a SmolStr>,
    /// The groups that the action is in.
    groups: Vec<&'a SmolStr>,
    /// Duties of every way to do it: none where some way has none.
    needs: Option<BTreeSet<&'a SmolStr>>,
}

fn sums<'a>(
    policy: &'a Policy,
    regions: impl Iterator<Item = &'a Region>,
) -> BTreeMap<&'a SmolStr, Sum<'a>> {
    let mut sums: BTreeMap<&SmolStr, Sum<'_>> = BTreeMap::new();
    for region in regions {
        let duties = region.duties.iter().filter(|duty| duty.of.is_empty());
        let needs: BTreeSet<&SmolStr> = duties.flat_map(|duty| &duty.needs).collect();
        for action in &region.actions {
            let sum = sums.entry(action).or_default();
            sum.tools.extend(&region.tools);
            sum.needs = Some(match sum.needs.take() {
                None => needs.clone(),
                Some(known) => known.intersection(&needs).copied().collect(),
            });
        }
    }
    for (name, sum) in &mut sums {
        // A tool stands for all below it.
        let all = sum.tools.clone();
        let is_below = |tool: &SmolStr, other: &SmolStr| {
            let rest = tool.strip_prefix(other.as_str());
            rest.is_some_and(|rest| rest.starts_with('.'))
        };
        sum.tools
            .retain(|tool| !all.iter().any(|other| is_below(tool, other)));
        let action = policy
            .action(name)
            .and_then(|id| policy.actions.get(id.index()));
        let groups = action.into_iter().flat_map(|action| &action.groups);
        let groups = groups.filter_map(|id| policy.groups.get(id.index()));
        sum.groups = groups.map(|group| &group.name).collect();
    }
    sums
}

fn summed<'a>(policy: &'a Policy, regions: impl Iterator<Item = &'a Region>) -> String {
    let sums = sums(policy, regions);
    let widest = sums
        .keys()
        .map(|name| name.chars().count())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for (action, sum) in &sums {
        let groups: Vec<&str> = sum.groups.iter().map(|group| group.as_str()).collect();
        let groups = match groups.is_empty() {
            true => String::new(),
            false => format!("  {YELLOW}in {}{RESET}", printable(&groups.join(", "))),
        };
        let needs: Vec<&str> = sum
            .needs
            .iter()
            .flatten()
            .map(|need| need.as_str())
            .collect();
        let needs = match needs.is_empty() {
            true => String::new(),
            false => format!("  {DIM}needs {}{RESET}", printable(&needs.join(", "))),
        };
        text.push_str(&format!(
            "  {BOLD}{:<widest$}{RESET}  {}{groups}{needs}\n",
            printable(action),
            printable(&few(&sum.tools).join(", "))
        ));
    }
    text
}

/// Tools in few words: how many there are of a server where there are many.
fn few(tools: &BTreeSet<&SmolStr>) -> Vec<String> {
    const MANY: usize = 6;
    let mut of: BTreeMap<&str, Vec<&SmolStr>> = BTreeMap::new();
    for tool in tools {
        let server = tool.split('.').next().unwrap_or_default();
        of.entry(server).or_default().push(tool);
    }
    let mut texts = Vec::new();
    for (server, tools) in of {
        if tools.len() > MANY {
            texts.push(format!("{} functions of {server}", tools.len()));
        } else {
            texts.extend(tools.iter().map(ToString::to_string));
        }
    }
    texts
}

fn summary_json<'a>(policy: &'a Policy, regions: impl Iterator<Item = &'a Region>) -> Json {
    let list = |texts: &mut dyn Iterator<Item = &'a SmolStr>| {
        Json::Array(texts.cloned().map(Json::String).collect())
    };
    let sums = sums(policy, regions).into_iter().map(|(action, sum)| {
        Members::default()
            .text("action", action)
            .put("groups", list(&mut sum.groups.into_iter()))
            .put("tools", list(&mut sum.tools.into_iter()))
            .put(
                "needs",
                list(&mut sum.needs.unwrap_or_default().into_iter()),
            )
            .into()
    });
    Json::Array(sums.collect())
}

/// A credential with what it allows.
pub(crate) struct Held<'a> {
    /// Whether it can be used.
    pub(crate) state: State,
    /// Whether the store was asked.
    pub(crate) stored: bool,
    pub(crate) credential: &'a Credential,
    pub(crate) carried: Vec<Carried<'a>>,
    /// What is left of its budgets, when the store was asked.
    pub(crate) left: Vec<Left>,
}

/// A scope with what the policy in force grants of it.
pub(crate) struct Carried<'a> {
    pub(crate) scope: &'a Scope,
    /// Whether it can be used at all.
    pub(crate) alive: bool,
    pub(crate) answer: Answer,
}

/// What is left of a budget.
pub(crate) struct Left {
    rule: SmolStr,
    /// As policy text.
    budget: String,
    left: SmolStr,
}

impl Left {
    /// Of a budget of a rule.
    pub(crate) fn of(policy: &Policy, rule: &str, budget: &Budget, spent: Option<&Charge>) -> Self {
        let most = match budget {
            Budget::Calls(calls) => (*calls).into(),
            Budget::Amount { limit, .. } => *limit,
        };
        let left = match spent {
            Some(charge) => most.checked_sub(charge.amount).unwrap_or_default(),
            None => most,
        };
        let text = match budget {
            Budget::Calls(calls) => format!("{calls} calls"),
            Budget::Amount { limit, of } => {
                format!(
                    "{limit} of {}",
                    placet::model::render::expr(policy, *of, &[])
                )
            }
        };
        Self {
            rule: rule.into(),
            budget: text,
            left: left.to_smolstr(),
        }
    }
}

/// What the holder of a credential could do. Has escape sequences.
pub(crate) fn held_text(policy: &Policy, held: &Held<'_>, how: &HowAsked) -> String {
    let credential = held.credential;
    let mut text = format!(
        "{}  {BOLD}{}{RESET}\n",
        held.state.coloured(),
        printable(&about(credential))
    );
    for carried in &held.carried {
        let scope = carried.scope;
        let except = match scope.except.is_empty() {
            true => String::new(),
            false => format!("  except {}", scope.except.join(", ")),
        };
        let answer = &carried.answer;
        let (colour, now) = match (carried.alive, answer.regions.is_empty()) {
            (false, _) => (RED, "over"),
            (true, true) if answer.unknown.is_empty() => (RED, "refused by the policy in force"),
            (true, true) => (YELLOW, "unknown"),
            (true, false) => (GREEN, "usable"),
        };
        text.push_str(&printable(&format!(
            "  {} {} {}{except}  until {}",
            scope.tool, scope.action, scope.resource, scope.not_after
        )));
        text.push_str(&format!("  {colour}{now}{RESET}\n"));
        for one in &answer.regions {
            for line in region::text(one, how.examples).lines() {
                text.push_str(&format!("    {line}\n"));
            }
        }
    }
    for left in &held.left {
        text.push_str(&format!(
            "  {BOLD}budget{RESET} {}: {} left  {DIM}{}{RESET}\n",
            printable(&left.budget),
            left.left,
            printable(&left.rule)
        ));
    }
    let regions = held
        .carried
        .iter()
        .flat_map(|carried| &carried.answer.regions);
    text.push_str(&summed(policy, regions));
    if !held.stored {
        text.push_str(&format!(
            "{DIM}revocations and budgets are not known without `--store`{RESET}\n"
        ));
    }
    let unknown = held.carried.iter().map(|carried| &carried.answer);
    text.push_str(&region::summary(&together(unknown)));
    text
}

/// The same for machines. The shape is stable: keys are only ever added.
pub(crate) fn held_json(policy: &Policy, held: &Held<'_>) -> Json {
    let credential = held.credential;
    let scopes = held.carried.iter().map(|carried| {
        let scope = Members::default()
            .put("scope", placet::json::scope_to_json(carried.scope))
            .put("usable", Json::Bool(!carried.answer.regions.is_empty()));
        region::answer_json(scope, &carried.answer).into()
    });
    let regions = held
        .carried
        .iter()
        .flat_map(|carried| &carried.answer.regions);
    let all = together(held.carried.iter().map(|carried| &carried.answer));
    let left = held.left.iter().map(|left| {
        Members::default()
            .text("rule", &left.rule)
            .text("budget", &left.budget)
            .text("left", &left.left)
            .into()
    });
    let report = Members::report()
        .maybe("credential", credential.id.as_ref())
        .text("agent", &credential.agent.id)
        .maybe("user", credential.user.as_ref().map(|user| &user.id))
        .maybe("task", credential.task.as_ref().map(|task| &task.id))
        .text("state", held.state.name())
        .text("not_after", credential.not_after)
        .put("stored", Json::Bool(held.stored))
        .put("complete", Json::Bool(all.unknown.is_empty()))
        .put("summary", summary_json(policy, regions))
        .list("scopes", scopes);
    match held.stored {
        true => report.list("budgets", left),
        false => report,
    }
    .into()
}

/// All answers as one.
fn together<'a>(answers: impl Iterator<Item = &'a Answer>) -> Answer {
    let mut all = Answer::default();
    for answer in answers {
        all.regions.extend(answer.regions.iter().cloned());
        all.unknown.extend(answer.unknown.iter().cloned());
    }
    all
}
