//! `placet dead`

use placet::Engine;
use placet::analysis::Effort;
use placet::analysis::dead::Judge;
use placet::model::ids::RuleId;
use placet::suite::Event;

use crate::args::{Dead, Format};
use crate::command::{line, unmatched_rules};
use crate::error::Error;
use crate::output::{Ended, Output};
use crate::progress;
use crate::render::dead::{self as render, Rules};
use crate::suites;

/// Says which rules and parts of rules decide nothing.
pub(crate) fn run(args: &Dead) -> Result<Ended, Error> {
    let suites = suites::find(&args.paths)?;
    let effort = Effort { steps: args.steps };
    let mut out = Output::new();
    let shown = (args.format == Format::Text).then_some(render::text as fn(&Rules) -> String);
    let mut left_out = 0;
    let ran = suites::each(&suites, &mut out, shown, |suite, said| {
        let mut checked = suite.check_aloud(said);
        let policy = checked.policy.take().ok_or(Error::PolicyHasErrors)?;
        let engine = Engine::new(policy);
        let policy = engine.compiled().policy();
        let all = policy.rules.len();
        let wanted = |id: &RuleId| {
            let name = policy.rule_name(*id);
            args.filter.is_empty() || args.filter.iter().any(|text| name.contains(text.as_str()))
        };
        let wanted: Vec<RuleId> = (0..all).map(RuleId::new).filter(wanted).collect();
        if all > 0 && wanted.is_empty() {
            left_out += all;
            return Ok(None);
        }
        let judge = Judge::new(&engine, effort);
        let told = progress::bar("rules");
        told.tell(Event::Begins(wanted.len()));
        let judged = wanted
            .into_iter()
            .map(|id| {
                told.tell(Event::Starts(&policy.rule_name(id)));
                let judged = judge.rule(id);
                told.tell(Event::Ends);
                judged
            })
            .collect();
        told.tell(Event::Over);
        Ok(Some(Rules::new(&checked, policy, judged, args.all)))
    })?;
    if ran.is_empty() {
        return Err(unmatched_rules(&args.filter, left_out));
    }
    match (args.format, suites::only(&suites, &ran)) {
        (Format::Text, Some(_)) => {}
        (Format::Text, None) => out.write(&render::total(&ran))?,
        (Format::Json, Some(only)) => out.write(&line(&render::json(only)))?,
        (Format::Json, None) => out.write(&line(&render::json_of_all(&ran)))?,
    }
    out.flush()?;
    Ok(suites::ended(&ran, Rules::all_matter))
}
