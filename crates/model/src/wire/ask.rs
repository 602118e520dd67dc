//! What a denied decision asks for, from its JSON: so that whoever is asked can give it.

use smol_str::SmolStr;

use super::build::{Members, list, string};
use super::credential::{assent_to_json, put_covers};
use super::limits::MAX_ASSENTS;
use super::object::{Object, array, fields, id};
use super::place::{Invalid, Place};
use super::request::{assent, covers};
use crate::json::Json;
use crate::request::{Assent, Covers};

/// The consents and approvals that would lift a deny.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AskedFor {
    /// Consents, complete: the user gives them as they are.
    pub consents: Vec<Assent>,
    /// Approvals, which lack whoever gives them.
    pub approvals: Vec<Approver>,
}

/// An approval that somebody of a group is to give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approver {
    /// The group that is asked.
    pub group: SmolStr,
    /// For which agent.
    pub agent: SmolStr,
    /// On behalf of which user, who cannot be the approver.
    pub user: Option<SmolStr>,
    /// In which task.
    pub task: Option<SmolStr>,
    /// Of what.
    pub covers: Covers,
}

impl Approver {
    /// The approval, given by somebody. Without an end.
    #[must_use]
    pub fn by(&self, by: SmolStr, groups: Option<Vec<SmolStr>>) -> Assent {
        Assent {
            by,
            groups,
            agent: self.agent.clone(),
            user: self.user.clone(),
            task: self.task.clone(),
            covers: self.covers.clone(),
            not_after: None,
        }
    }
}

/// Reads what a decision asks for, from the whole decision or from its
/// `obligations.ask` alone. Nothing where it asks for nothing.
///
/// # Errors
///
/// The first thing that is wrong, with its place.
pub fn read_ask(json: Json) -> Result<AskedFor, Invalid> {
    let root = Place::Root;
    let mut members = fields(json, &root)?;
    let is_decision = |(name, _): &(SmolStr, Json)| name == "decision" || name == "obligations";
    if !members.iter().any(is_decision) {
        return ask(Json::Object(members), &root);
    }
    let take = |members: &mut Vec<(SmolStr, Json)>, key: &str| {
        let at = members
            .iter()
            .position(|(name, value)| name == key && *value != Json::Null)?;
        Some(members.swap_remove(at).1)
    };
    let place = root.key("obligations");
    let Some(obligations) = take(&mut members, "obligations") else {
        return Ok(AskedFor::default());
    };
    match take(&mut fields(obligations, &place)?, "ask") {
        Some(asked) => ask(asked, &place.key("ask")),
        None => Ok(AskedFor::default()),
    }
}

/// What is asked for as JSON, as a decision has it.
#[must_use]
pub fn asked_for_to_json(asked: &AskedFor) -> Json {
    let AskedFor {
        consents,
        approvals,
    } = asked;
    let mut json = Members::default();
    json.some("consents", list(consents, assent_to_json));
    json.some("approvals", list(approvals, approver_to_json));
    json.into()
}

fn ask(json: Json, place: &Place<'_>) -> Result<AskedFor, Invalid> {
    let mut object = Object::read(json, place, &["consents", "approvals"])?;
    Ok(AskedFor {
        consents: object
            .maybe("consents", |json, place| {
                array(json, place, MAX_ASSENTS, assent)
            })?
            .unwrap_or_default(),
        approvals: object
            .maybe("approvals", |json, place| {
                array(json, place, MAX_ASSENTS, approver)
            })?
            .unwrap_or_default(),
    })
}

fn approver(json: Json, place: &Place<'_>) -> Result<Approver, Invalid> {
    const KEYS: [&str; 6] = ["group", "agent", "user", "task", "call", "scope"];
    let mut object = Object::read(json, place, &KEYS)?;
    let covers = covers(&mut object)?;
    Ok(Approver {
        group: object.need("group", id)?,
        agent: object.need("agent", id)?,
        user: object.maybe("user", id)?,
        task: object.maybe("task", id)?,
        covers,
    })
}

fn approver_to_json(approver: &Approver) -> Json {
    let Approver {
        group,
        agent,
        user,
        task,
        covers,
    } = approver;
    let mut json = Members::default();
    json.put("group", string(group.clone()));
    json.put("agent", string(agent.clone()));
    json.maybe("user", user.clone().map(string));
    json.maybe("task", task.clone().map(string));
    put_covers(&mut json, covers);
    json.into()
}
