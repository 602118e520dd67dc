//! `placet drift`

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use placet::Checked;
use placet::credential::audit::{Query, query};
use placet::json::read_json;
use placet::model::json::Json;
use placet_import::{Call, Declared, Grant, Listing, Real, drift, grants, scopes, unused};
use smol_str::SmolStr;

use crate::args::{Drift, DriftFormat};
use crate::command::import::{listing, name_of};
use crate::command::line;
use crate::desk::Unavailable;
use crate::error::Error;
use crate::files;
use crate::output::{self, Ended, Output};
use crate::policy::{self, Opened};
use crate::render::diagnostics;
use crate::render::drift::{self as render, Drifted, List};

/// Compares a policy with what servers offer, and with what calls used.
pub(crate) fn run(args: &Drift) -> Result<Ended, Error> {
    let checked = checked(&args.policy)?;
    let listings = listings(args)?;
    let declared = Declared::of(&checked.files);
    if let Some(name) = &args.server
        && !declared.tools.iter().any(|tool| tool.path == *name)
    {
        let known: Vec<String> = declared
            .tools
            .iter()
            .map(|tool| format!("`{}`", tool.path))
            .collect();
        return Err(Error::refused(
            format!("the policy declares no tool `{name}` with functions"),
            Some(&format!("it declares {}", known.join(", "))),
        ));
    }
    let reals: Vec<Real> = listings
        .iter()
        .map(|(_, otherwise, listing)| Real {
            listing,
            otherwise,
            tool: args.server.as_deref(),
        })
        .collect();
    let compared = drift(&declared, &reals);
    let granted = checked
        .policy
        .as_ref()
        .map(|policy| grants(policy.policy(), &checked.files));
    let held: Option<Vec<SmolStr>> = args
        .oauth_scopes
        .as_ref()
        .map(|scopes| scopes.iter().map(SmolStr::from).collect());
    let functions = granted.as_deref().map(functions);
    let mut findings = compared.findings.clone();
    findings.extend(scopes(
        &declared,
        &reals,
        &compared,
        held.as_deref(),
        functions.as_ref(),
    ));
    if let Some(path) = &args.audit {
        let Some(grants) = &granted else {
            return Err(Error::refused(
                "the policy is declarations alone and grants nothing",
                Some("give the files with its rules, too"),
            ));
        };
        findings.extend(unused(grants, &calls(path)?));
    }
    let drifted = Drifted {
        findings,
        lists: listings
            .iter()
            .zip(&compared.stands)
            .map(|((path, otherwise, listing), stands)| List {
                file: path.display().to_string(),
                server: listing
                    .server
                    .name
                    .clone()
                    .unwrap_or_else(|| otherwise.clone()),
                tools: listing.tools.len(),
                stands: stands
                    .iter()
                    .filter_map(|at| declared.tools.get(*at))
                    .map(|tool| tool.path.clone())
                    .collect(),
            })
            .collect(),
        others: (0..declared.tools.len())
            .filter(|at| !compared.stands.iter().any(|stands| stands.contains(at)))
            .filter_map(|at| declared.tools.get(at))
            .map(|tool| tool.path.clone())
            .collect(),
        sources: checked.sources,
    };
    let mut out = Output::new();
    out.write(&match args.format {
        DriftFormat::Text => render::text(&drifted),
        DriftFormat::Json => line(&render::json(&drifted)),
        DriftFormat::Sarif => render::sarif(&drifted)?,
    })?;
    out.flush()?;
    match drifted.findings.is_empty() {
        true => Ok(Ended::Fine),
        false => Ok(Ended::Findings),
    }
}

/// The policy, in text and without errors; a part of policies will do.
fn checked(paths: &[PathBuf]) -> Result<Checked, Error> {
    let mut checked = match policy::open(paths)? {
        Opened::Texts(checked) => checked,
        Opened::Compiled(_) => {
            let path = paths.first().cloned().unwrap_or_default();
            return Err(Error::CompiledNotText(path));
        }
    };
    let part = policy::is_a_part(&mut checked);
    output::findings(&diagnostics::text(&checked.sources, &checked.diagnostics));
    match part || checked.policy.is_some() {
        true => Ok(*checked),
        false => Err(Error::PolicyHasErrors),
    }
}

fn listings(args: &Drift) -> Result<Vec<(&Path, SmolStr, Listing)>, Error> {
    if args.tools.len() > 1 {
        let one = match (&args.server, &args.oauth_scopes) {
            (Some(_), _) => Some("--server"),
            (None, Some(_)) => Some("--oauth-scopes"),
            (None, None) => None,
        };
        if let Some(option) = one {
            return Err(Error::refused(
                format!(
                    "`{option}` is about one server, and there are {} lists",
                    args.tools.len()
                ),
                Some(
                    "compare them one by one, or write it in the policy: `@mcp(\"…\")`, `@oauth-scopes(\"…\")`",
                ),
            ));
        }
    }
    args.tools
        .iter()
        .map(|path| Ok((path.as_path(), name_of(path), listing(path)?)))
        .collect()
}

fn functions(grants: &[Grant]) -> BTreeSet<SmolStr> {
    let pairs = grants.iter().flat_map(|grant| &grant.pairs);
    pairs.map(|(function, _)| function.clone()).collect()
}

/// The calls of an audit that were granted.
fn calls(path: &Path) -> Result<Vec<Call>, Error> {
    let mut calls = Vec::new();
    if path.is_dir() {
        let wanted = Query {
            event: Some("call".into()),
            granted: Some(true),
            ..Query::default()
        };
        for record in query(&[path.to_owned()], &wanted).map_err(Unavailable::from)? {
            calls.extend(call(&record.map_err(Unavailable::from)?.json));
        }
    } else {
        let bytes = files::read(path)?;
        let lines = bytes.split(|byte| *byte == b'\n').zip(1_usize..);
        for (text, number) in lines.filter(|(text, _)| !text.is_empty()) {
            match read_json(text) {
                Ok(Ok(json @ Json::Object(_))) => calls.extend(call(&json)),
                _ => {
                    return Err(Error::refused(
                        format!(
                            "{}, line {number}, is no record of an audit",
                            path.display()
                        ),
                        Some("`placet audit verify` says more"),
                    ));
                }
            }
        }
    }
    if calls.is_empty() {
        return Err(Error::refused(
            format!("`{}` tells of no granted call", path.display()),
            Some("without calls nothing can be said of what is used"),
        ));
    }
    Ok(calls)
}

/// A record of a granted call.
fn call(record: &Json) -> Option<Call> {
    let get = |json: &Json, name: &str| match json {
        Json::Object(fields) => fields
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.clone()),
        _ => None,
    };
    let text = |json: &Json, name: &str| match get(json, name) {
        Some(Json::String(text)) => Some(text),
        _ => None,
    };
    let list = |name: &str| match get(record, name) {
        Some(Json::Array(members)) => members,
        _ => Vec::new(),
    };
    let granted = text(record, "event").is_some_and(|event| event == "call")
        && text(record, "decision").is_some_and(|decision| decision == "grant");
    granted.then_some(())?;
    Some(Call {
        tool: text(record, "tool")?,
        actions: list("requests")
            .iter()
            .filter_map(|request| text(request, "action"))
            .collect(),
        rules: list("rules")
            .into_iter()
            .filter_map(|rule| match rule {
                Json::String(rule) => Some(rule),
                _ => None,
            })
            .collect(),
    })
}
