//! `placet graph`

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use placet::model::draw::{Notation, draw};
use placet::model::graph::Graph;
use placet::model::ids::NodeId;
use placet::{Engine, Policy};

use crate::args::{self, Drawing};
use crate::command::explain;
use crate::error::Error;
use crate::output::{self, Ended, Output};
use crate::{ask, policy};

/// Draws the graph of each layer.
pub(crate) fn run(args: &args::Graph) -> Result<Ended, Error> {
    let policy = policy::load(&args.policy.paths)?;
    let layers = chosen(&policy, args.layer.as_deref())?;
    let paths = match &args.request {
        Some(request) => paths(&policy, request, args.no_credential)?,
        None => BTreeMap::new(),
    };
    let mut out = Output::new();
    let several = layers.len() > 1;
    for (name, graph) in layers {
        let path = paths.get(name).cloned().unwrap_or_default();
        let title = format!("{}, layer {name}", policy.policy().name);
        out.write(&drawing(
            args.format,
            several,
            &policy,
            graph,
            &title,
            &path,
        ))?;
    }
    out.flush()?;
    Ok(Ended::Fine)
}

/// One drawing. Graphviz takes several in one file; Mermaid does not, so that several of
/// them are written as the parts of a Markdown page.
fn drawing(
    format: Drawing,
    several: bool,
    policy: &Policy,
    graph: &Graph,
    title: &str,
    path: &BTreeSet<NodeId>,
) -> String {
    match format {
        Drawing::Dot => draw(policy.policy(), graph, title, path, Notation::Dot),
        Drawing::Mermaid => {
            let text = draw(policy.policy(), graph, title, path, Notation::Mermaid);
            if several {
                format!("## {title}\n\n```mermaid\n{text}```\n\n")
            } else {
                text
            }
        }
    }
}

/// The nodes that a request meets, by layer.
fn paths(
    policy: &Policy,
    request: &Path,
    no_credential: bool,
) -> Result<BTreeMap<String, BTreeSet<NodeId>>, Error> {
    let asked = ask::one(request)?;
    let engine = Engine::new(policy.clone());
    let mut paths = BTreeMap::<String, BTreeSet<NodeId>>::new();
    if let Ok(explanation) = explain::explained(&engine, &asked, no_credential) {
        if explanation.asked.is_empty() {
            let said = explanation.decision.explanation.join("; ");
            let reason = explanation.decision.reason;
            output::remark(&format!(
                "no rule was asked ({reason}), so no way is highlighted: {said}"
            ));
        }
        for layer in explanation.asked.into_iter().flat_map(|asked| asked.layers) {
            paths
                .entry(layer.layer.into())
                .or_default()
                .extend(layer.path);
        }
    }
    Ok(paths)
}

type Layer<'a> = (&'a str, &'a Graph);

fn chosen<'a>(policy: &'a Policy, only: Option<&str>) -> Result<Vec<Layer<'a>>, Error> {
    let layers: Vec<Layer<'a>> = policy
        .policy()
        .layers
        .iter()
        .zip(policy.graphs())
        .map(|(layer, graph)| (layer.name.as_str(), graph))
        .collect();
    match only {
        None => Ok(layers),
        Some(name) => match layers.iter().find(|(layer, _)| *layer == name) {
            Some(layer) => Ok(vec![*layer]),
            None => Err(Error::UnknownLayer {
                layer: name.to_owned(),
                known: layers
                    .iter()
                    .map(|(layer, _)| (*layer).to_owned())
                    .collect(),
            }),
        },
    }
}
