//! `placet graph`

use std::collections::BTreeSet;

use placet::Policy;
use placet::model::draw::{Notation, draw};
use placet::model::graph::Graph;
use placet::model::ids::NodeId;

use crate::args::{self, Drawing};
use crate::error::Error;
use crate::output::{Ended, Output};
use crate::policy;

/// Draws the graph of each layer.
pub(crate) fn run(args: &args::Graph) -> Result<Ended, Error> {
    let policy = policy::load(&args.policy.paths)?;
    let layers = chosen(&policy, args.layer.as_deref())?;
    let paths = vec![BTreeSet::new(); policy.graphs().len()];
    let mut out = Output::new();
    let several = layers.len() > 1;
    for (at, name, graph) in layers {
        let path = paths.get(at).cloned().unwrap_or_default();
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

type Layer<'a> = (usize, &'a str, &'a Graph);

fn chosen<'a>(policy: &'a Policy, only: Option<&str>) -> Result<Vec<Layer<'a>>, Error> {
    let layers: Vec<Layer<'a>> = policy
        .policy()
        .layers
        .iter()
        .zip(policy.graphs())
        .enumerate()
        .map(|(at, (layer, graph))| (at, layer.name.as_str(), graph))
        .collect();
    match only {
        None => Ok(layers),
        Some(name) => match layers.iter().find(|(_, layer, _)| *layer == name) {
            Some(layer) => Ok(vec![*layer]),
            None => Err(Error::UnknownLayer {
                layer: name.to_owned(),
                known: layers
                    .iter()
                    .map(|(_, layer, _)| (*layer).to_owned())
                    .collect(),
            }),
        },
    }
}
