//! A decision graph as a picture: DOT text for Graphviz, or Mermaid text.
//!
//! Nodes and edges are labelled in policy words. Where nothing more is to be gathered
//! nothing is drawn. The same graph gives the same text.

mod label;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::graph::{Graph, Node, Truth};
use crate::ids::NodeId;
use crate::policy::Policy;

/// The notation of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    /// For Graphviz.
    Dot,
    /// For Mermaid, which Markdown renderers know.
    Mermaid,
}

/// Draws a graph of a policy under a title. The nodes in `path`, those that a request's
/// walk met, stand out, and so do the edges between them.
#[must_use]
pub fn draw(
    policy: &Policy,
    graph: &Graph,
    title: &str,
    path: &BTreeSet<NodeId>,
    notation: Notation,
) -> String {
    let picture = Picture::of(policy, graph, path);
    // Writing to a string cannot fail.
    let mut out = String::new();
    let _ = match notation {
        Notation::Dot => picture.dot(title, &mut out),
        Notation::Mermaid => picture.mermaid(title, &mut out),
    };
    out
}

struct Picture {
    boxes: Vec<Box>,
    edges: Vec<Edge>,
}

struct Box {
    /// Its place in the order.
    id: usize,
    shape: Shape,
    label: String,
    on_path: bool,
}

struct Edge {
    from: usize,
    to: usize,
    label: String,
    on_path: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// A switch or segment.
    Question,
    /// An arm.
    Arm,
    /// A test.
    Test,
    /// A truth value.
    End,
}

impl Picture {
    fn of(policy: &Policy, graph: &Graph, path: &BTreeSet<NodeId>) -> Self {
        let labels = label::Labels::new(policy, graph);
        let mut picture = Self {
            boxes: Vec::new(),
            edges: Vec::new(),
        };
        let order = Order::of(graph, &labels);
        // From the root on: parents come after their children.
        for id in order.nodes.iter().rev().copied() {
            let Some(node) = graph.nodes.get(id.index()) else {
                continue;
            };
            if *node == Node::End && id != graph.root {
                continue;
            }
            picture.boxes.push(Box {
                id: order.place(id),
                shape: match node {
                    Node::Switch { .. } | Node::Segment { .. } => Shape::Question,
                    Node::Arm { .. } => Shape::Arm,
                    Node::Test { .. } => Shape::Test,
                    Node::End | Node::Truth(_) => Shape::End,
                },
                label: labels.node(node),
                on_path: path.contains(&id),
            });
            for (to, labels) in by_target(labels.edges(node)) {
                if graph.nodes.get(to.index()) != Some(&Node::End) {
                    picture.edges.push(Edge {
                        from: order.place(id),
                        to: order.place(to),
                        label: listed(&labels),
                        on_path: path.contains(&id) && path.contains(&to),
                    });
                }
            }
        }
        picture
    }

    fn dot(&self, title: &str, out: &mut String) -> std::fmt::Result {
        let quote = |text: &str| {
            let text = text.replace('\\', "\\\\").replace('"', "\\\"");
            format!("\"{}\"", text.replace('\n', "\\n"))
        };
        writeln!(out, "digraph {} {{", quote(title))?;
        writeln!(out, "  rankdir=LR")?;
        writeln!(out, "  node [fontname=\"sans-serif\", fontsize=11]")?;
        writeln!(out, "  edge [fontname=\"sans-serif\", fontsize=10]")?;
        for node in &self.boxes {
            let shape = match node.shape {
                Shape::Question => "diamond",
                Shape::Arm => "box",
                Shape::Test => "hexagon",
                Shape::End => "oval",
            };
            let bold = if node.on_path {
                ", color=crimson, penwidth=3"
            } else {
                ""
            };
            let (id, label) = (node.id, quote(&node.label));
            writeln!(out, "  n{id} [shape={shape}, label={label}{bold}]")?;
        }
        for edge in &self.edges {
            let bold = if edge.on_path {
                ", color=crimson, penwidth=3"
            } else {
                ""
            };
            let (from, to, label) = (edge.from, edge.to, quote(&edge.label));
            writeln!(out, "  n{from} -> n{to} [label={label}{bold}]")?;
        }
        writeln!(out, "}}")
    }

    fn mermaid(&self, title: &str, out: &mut String) -> std::fmt::Result {
        // Titles are YAML, where a JSON string is a string.
        let title = title.replace('\\', "\\\\").replace('"', "\\\"");
        writeln!(out, "---\ntitle: \"{title}\"\n---\nflowchart LR")?;
        for node in &self.boxes {
            let (open, close) = match node.shape {
                Shape::Question => ("{", "}"),
                Shape::Arm => ("[", "]"),
                Shape::Test => ("{{", "}}"),
                Shape::End => ("([", "])"),
            };
            let (id, label) = (node.id, escape_mermaid(&node.label));
            writeln!(out, "  n{id}{open}\"{label}\"{close}")?;
        }
        for edge in &self.edges {
            let (from, to, label) = (edge.from, edge.to, escape_mermaid(&edge.label));
            writeln!(out, "  n{from} -->|\"{label}\"| n{to}")?;
        }
        let style = "stroke:crimson,stroke-width:3px";
        for node in self.boxes.iter().filter(|node| node.on_path) {
            writeln!(out, "  style n{} {style}", node.id)?;
        }
        let edges = self.edges.iter().enumerate();
        for (at, _) in edges.filter(|(_, edge)| edge.on_path) {
            writeln!(out, "  linkStyle {at} {style}")?;
        }
        Ok(())
    }
}

/// The nodes in the order in which somebody is done with them who follows the edges as they
/// are read: children before parents, and what belongs together close by, wherever the graph
/// keeps it.
struct Order {
    nodes: Vec<NodeId>,
    /// By node.
    places: Vec<Option<usize>>,
}

impl Order {
    fn of(graph: &Graph, labels: &label::Labels<'_>) -> Self {
        let mut order = Self {
            nodes: Vec::new(),
            places: vec![None; graph.nodes.len()],
        };
        let mut todo = vec![(graph.root, false)];
        while let Some((id, done)) = todo.pop() {
            let Some(place @ None) = order.places.get_mut(id.index()) else {
                continue;
            };
            if done {
                *place = Some(order.nodes.len());
                order.nodes.push(id);
            } else if let Some(node) = graph.nodes.get(id.index()) {
                todo.push((id, true));
                let edges = labels.edges(node).into_iter().rev();
                todo.extend(edges.map(|(_, to)| (to, false)));
            }
        }
        order
    }

    fn place(&self, id: NodeId) -> usize {
        let place = self.places.get(id.index()).copied().flatten();
        place.unwrap_or_default()
    }
}

/// Edges that lead to the same node are one, with all of their labels.
fn by_target(edges: Vec<(String, NodeId)>) -> Vec<(NodeId, Vec<String>)> {
    let mut places: BTreeMap<NodeId, usize> = BTreeMap::new();
    let mut merged: Vec<(NodeId, Vec<String>)> = Vec::new();
    for (label, to) in edges {
        let at = *places.entry(to).or_insert(merged.len());
        match merged.get_mut(at) {
            Some((_, labels)) => labels.push(label),
            None => merged.push((to, vec![label])),
        }
    }
    merged
}

/// The labels of an edge; nobody reads more than a few.
fn listed(labels: &[String]) -> String {
    const SHOWN: usize = 6;
    match labels.split_at_checked(SHOWN) {
        Some((shown, rest)) if rest.len() > 1 => {
            format!("{} and {} more", shown.join(", "), rest.len())
        }
        _ => labels.join(", "),
    }
}

/// Characters that mean something to Mermaid or to the HTML that it makes, as entities.
fn escape_mermaid(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\n' => out.push_str("<br>"),
            '"' | '#' | '&' | '<' | '>' | '`' | '*' | '_' | '\\' => {
                let _ = write!(out, "#{};", u32::from(char));
            }
            char => out.push(char),
        }
    }
    out
}

/// What a truth value at the end of a test graph means for an arm.
const fn meaning(truth: Truth) -> &'static str {
    match truth {
        Truth::True => "matches",
        Truth::False => "does not match",
        Truth::Undefined => "undefined",
    }
}
