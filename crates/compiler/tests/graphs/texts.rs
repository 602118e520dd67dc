//! Whole policies, from text to picture and to bytes and back.

use std::collections::BTreeSet;

use placet_compiler::{Compilation, compile};
use placet_model::compiled::Compiled;
use placet_model::draw::{Notation, draw};
use placet_model::graph::Node;
use placet_model::ids::NodeId;
use placet_syntax::{Source, Sources, parse};

macro_rules! fixtures {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../../syntax/tests/fixtures/", $name, ".placet")))),*]
    };
}

/// Policy sets of one file each; `org` and `platform` are one of two.
const FILES: [(&str, &str); 8] = fixtures![
    "claims", "github", "office", "org", "platform", "retail", "support", "tenants",
];

pub(crate) fn compile_texts(texts: &[(&str, &str)]) -> Compiled {
    let mut sources = Sources::default();
    let mut trees = Vec::new();
    for (name, text) in texts {
        let source = Source::new(*name, *text);
        let id = sources.add(source.clone());
        trees.push(parse(id, &source).file);
    }
    let Compilation {
        compiled,
        diagnostics,
        ..
    } = compile(&sources, &trees);
    match compiled {
        Some(compiled) => compiled,
        None => panic!("{diagnostics:#?}"),
    }
}

pub(crate) fn examples() -> Vec<(&'static str, Compiled)> {
    let (pair, single): (Vec<_>, Vec<_>) =
        (FILES.into_iter()).partition(|(name, _)| ["org", "platform"].contains(name));
    let mut examples: Vec<_> = single
        .into_iter()
        .map(|(name, text)| (name, compile_texts(&[(name, text)])))
        .collect();
    examples.push(("org", compile_texts(&pair)));
    examples
}

#[test]
fn the_examples_load_as_they_were_saved() {
    for (name, compiled) in examples() {
        match Compiled::load(&compiled.save()) {
            Ok(loaded) => assert_eq!(loaded, compiled, "{name}"),
            Err(error) => panic!("{name}: {error}: {:?}", error.source),
        }
    }
}

const SMALL: &str = r#"
policy small { language 1  layers main  lifetime 1h }
facts user { tenant: text }
facts context { mfa: bool?, risk: int }
agent bot
group agents night-shift from request
tool desk {
  action read { get(tenant: text, id: int) -> "ticket/{tenant}/{id}" }
  action delete { drop(tenant: text, id: int) -> "ticket/{tenant}/{id}" }
}
/// Reading is for everyone, in the user's tenant.
grant reading {
  agent in night-shift
  user any
  tool desk
  action read
  resource "ticket/{user.tenant}/**"
  when context.risk < 50
}
grant "all <of> it" { agent bot  user any  tool desk  action any  resource "ticket/*/x*" }
deny no-mfa { action delete  unless has context.mfa and context.mfa }
"#;

#[test]
fn a_graph_is_drawn_in_policy_words() {
    let compiled = compile_texts(&[("small", SMALL)]);
    let (policy, graph) = (compiled.policy(), &compiled.graphs()[0]);
    // As if a request had met the root and every arm.
    let path: BTreeSet<NodeId> = (graph.nodes.iter().enumerate())
        .filter(|(at, node)| NodeId::new(*at) == graph.root || matches!(node, Node::Arm { .. }))
        .map(|(at, _)| NodeId::new(at))
        .collect();
    insta::assert_snapshot!(draw(policy, graph, "main", &BTreeSet::new(), Notation::Dot));
    insta::assert_snapshot!(draw(policy, graph, "main", &path, Notation::Mermaid));
}

#[test]
fn documentation_and_annotations_are_in_the_digest_and_places_are_not() {
    let digest = |text: &str| compile_texts(&[("small", text)]).digest().clone();
    let moved = format!(
        "\n\n// moved\n{}",
        SMALL.replace("  user any\n", "\n\n  user any\n")
    );
    assert_eq!(digest(SMALL), digest(&moved));
    assert_ne!(
        digest(SMALL),
        digest(&SMALL.replace("for everyone", "for all"))
    );
    let owned = SMALL.replace("deny no-mfa", "@owner(\"sec\")\ndeny no-mfa");
    assert_ne!(digest(SMALL), digest(&owned));
    assert!(digest(SMALL).starts_with("sha256:"));
}
