//! Ends of resources: what an argument of several segments, or `**`, may be.

use std::collections::BTreeSet;

use placet_model::json::Json;
use placet_model::policy::Segment;
use smol_str::SmolStr;

use super::texts::of_class;
use super::{Choice, Domain, Shown};
use crate::build::Builder;
use crate::uses::Class;

/// The most ends that are tried.
const MOST_RESTS: usize = 300;

impl Builder<'_> {
    /// Ends of resources that the ends of patterns tell apart: level by level, each segment
    /// that some pattern still asks for, and one that none does.
    pub(super) fn rest_domain(&self) -> Domain {
        let mut exact = true;
        let mut found: Vec<Vec<SmolStr>> = vec![Vec::new()];
        let mut level: Vec<(Vec<SmolStr>, Vec<usize>)> =
            vec![(Vec::new(), (0..self.rests.len()).collect())];
        'deeper: while !level.is_empty() {
            let mut next = Vec::new();
            for (front, alive) in level {
                let depth = front.len();
                let mut class = Class {
                    terms: 1,
                    ..Class::default()
                };
                for rest in alive.iter().filter_map(|at| self.rests.get(*at)) {
                    match rest.0.get(depth) {
                        Some(Segment::Literal(text)) => {
                            class
                                .values
                                .insert(placet_model::value::Value::Text(text.clone()));
                        }
                        Some(Segment::Glob { prefix, suffix }) => {
                            class.globs.insert((prefix.clone(), suffix.clone()));
                        }
                        _ => {}
                    }
                }
                let options: BTreeSet<SmolStr> = of_class(&class)
                    .into_iter()
                    .filter(|text| !text.is_empty())
                    .collect();
                for option in options {
                    let still: Vec<usize> = alive
                        .iter()
                        .copied()
                        .filter(|at| {
                            self.rests.get(*at).is_some_and(|(segments, tail)| {
                                match segments.get(depth) {
                                    Some(segment) => takes(segment, &option),
                                    None => *tail,
                                }
                            })
                        })
                        .collect();
                    let mut longer = front.clone();
                    longer.push(option);
                    found.push(longer.clone());
                    if found.len() > MOST_RESTS {
                        exact = false;
                        break 'deeper;
                    }
                    // Beyond its written segments a pattern tells nothing apart any more.
                    let goes_on = still.iter().any(|at| {
                        self.rests
                            .get(*at)
                            .is_some_and(|(segments, _)| segments.len() > depth)
                    });
                    if goes_on {
                        next.push((longer, still));
                    }
                }
            }
            level = next;
        }
        let mut choices: Vec<Choice> = found
            .iter()
            .filter(|segments| !segments.is_empty())
            .map(|segments| Choice::Value(Shown(Json::String(segments.join("/").into()))))
            .collect();
        choices.push(Choice::Absent);
        Domain { choices, exact }
    }
}

fn takes(segment: &Segment, text: &str) -> bool {
    match segment {
        Segment::Literal(own) => own == text,
        Segment::Glob { prefix, suffix } => {
            text.len() >= prefix.len() + suffix.len()
                && text.starts_with(prefix.as_str())
                && text.ends_with(suffix.as_str())
        }
        // What a hole gives is not followed here.
        Segment::Any | Segment::Capture(_) | Segment::Hole(_) => true,
    }
}
