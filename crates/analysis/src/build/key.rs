//! What an atom asks, in words that mean the same at every site, so that two policies that
//! ask the same share the atom: what neither can tell then tells them apart no more.

use std::collections::BTreeSet;
use std::fmt::Write;

use placet_model::ids::{ExprId, PatternId};
use placet_model::policy::{Binder, Comparison, Expr, Extract, Hole, Pattern, Segment};

use super::{AgentClause, UserClause, What};
use crate::input::Input;
use crate::site::Site;

/// Atoms with one key are true together; with the other polarity, one is the negation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(String);

/// The key of an atom, and whether the atom is the negation of what the key says.
pub(super) fn key(site: &Site<'_>, what: &What) -> (Key, bool) {
    let mut writer = Writer {
        site,
        arm: None,
        text: String::new(),
        placed: false,
    };
    let mut negated = false;
    match what {
        What::Holds(id, arm) => {
            writer.arm = *arm;
            if let Some(Expr::Compare(how, a, b)) = site.expr(*id) {
                negated = writer.compare(*how, *a, *b);
            } else {
                writer.expr(*id);
            }
        }
        What::Part(pattern, at) => {
            writer.placed = true;
            writer.put(format_args!("part {at}"));
            writer.pattern(pattern);
        }
        What::Agent(clause) => match clause {
            AgentClause::In(groups) => {
                let groups: BTreeSet<String> = groups.iter().map(|id| site.group(*id)).collect();
                writer.put(format_args!("agent in {groups:?}"));
            }
            AgentClause::Named(names) => writer.put(format_args!("agent {names:?}")),
        },
        What::User(clause) => match clause {
            UserClause::In(groups) => {
                let groups: BTreeSet<String> = groups.iter().map(|id| site.group(*id)).collect();
                writer.put(format_args!("user in {groups:?}"));
            }
            UserClause::Named(names) => writer.put(format_args!("user {names:?}")),
        },
        What::SomeUser => writer.put(format_args!("user")),
        What::Known => {
            let agents = site.policy.agents.iter().map(|agent| &agent.name);
            let agents: Vec<_> = agents.collect();
            let groups = site.policy.groups.iter();
            let open = groups.filter(|group| {
                group.from_request && group.kind == placet_model::policy::GroupKind::Agents
            });
            let open: Vec<_> = open.map(|group| &group.name).collect();
            writer.put(format_args!("known {agents:?} {open:?}"));
        }
        What::Spends(id, limit) => {
            writer.put(format_args!("spends {limit} "));
            writer.expr(*id);
        }
        What::Gives(segment) => {
            writer.put(format_args!("gives "));
            writer.segment(segment);
        }
        What::There(term) => {
            let declared = site.declared(&term.input);
            writer.put(format_args!("there {term:?} {declared}"));
        }
        What::Offers(slot, limit) => writer.put(format_args!("offers {slot:?} {limit}")),
        What::Fits(input) => {
            let declared = site.declared(input);
            writer.put(format_args!("fits {input:?} {declared}"));
        }
    }
    if writer.placed {
        let shape = site.shape;
        writer.put(format_args!(" at {shape}"));
    }
    (Key(writer.text), negated)
}

/// An expression that reads no resource, in words that mean the same at every site.
pub(crate) fn meaning(site: &Site<'_>, id: ExprId) -> String {
    let writer = Writer {
        site,
        arm: None,
        text: String::new(),
        placed: false,
    };
    writer.alone(id)
}

struct Writer<'s, 'p> {
    site: &'s Site<'p>,
    arm: Option<PatternId>,
    text: String,
    /// Whether it depends on the resource.
    placed: bool,
}

impl Writer<'_, '_> {
    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing into a string cannot fail.
        let written = self.text.write_fmt(text);
        debug_assert!(written.is_ok());
    }

    fn list(&mut self, name: &str, of: &[ExprId]) {
        self.put(format_args!("{name}("));
        for id in of {
            self.expr(*id);
            self.text.push(',');
        }
        self.text.push(')');
    }

    fn alone(&self, id: ExprId) -> String {
        let mut writer = Writer {
            site: self.site,
            arm: self.arm,
            text: String::new(),
            placed: false,
        };
        writer.expr(id);
        writer.text
    }

    /// Writes a comparison one way round; whether that is its negation.
    fn compare(&mut self, how: Comparison, a: ExprId, b: ExprId) -> bool {
        let (how, flipped, negated) = match how {
            Comparison::Equal => ("==", self.alone(b) < self.alone(a), false),
            Comparison::NotEqual => ("==", self.alone(b) < self.alone(a), true),
            Comparison::Less => ("<", false, false),
            Comparison::AtLeast => ("<", false, true),
            Comparison::Greater => ("<", true, false),
            Comparison::AtMost => ("<", true, true),
        };
        self.list(how, &if flipped { [b, a] } else { [a, b] });
        negated
    }

    fn expr(&mut self, id: ExprId) {
        let site = self.site;
        let policy = site.policy;
        let Some(expr) = site.expr(id) else {
            return self.put(format_args!("nothing {id:?}"));
        };
        match expr {
            Expr::Const(_)
            | Expr::AgentId
            | Expr::UserId
            | Expr::TaskId
            | Expr::Now
            | Expr::ChainDepth
            | Expr::ChainRoot
            | Expr::ChainAgents
            | Expr::Local(_)
            | Expr::HasUser => self.put(format_args!("{expr:?}")),
            Expr::ResourcePath => {
                self.placed = true;
                self.put(format_args!("path"));
            }
            Expr::Fact(id) => {
                if let Some(fact) = policy.facts.get(id.index()) {
                    let input = Input::Fact(fact.entity, fact.field.name.clone());
                    let declared = site.declared(&input);
                    self.put(format_args!("fact[{input:?} {declared}]"));
                }
            }
            Expr::ResourceFact(_, name) => {
                self.placed = true;
                let declared = site.declared(&Input::Known(site.shape, name.clone()));
                self.put(format_args!("resource[{name} {declared}]"));
            }
            Expr::Arg(name) => {
                let declared = site.declared(&Input::Arg(name.clone()));
                self.put(format_args!("arg[{name} {declared}]"));
            }
            Expr::Capture(index) => {
                self.placed = true;
                let arm = self.arm.and_then(|arm| policy.patterns.get(arm.index()));
                let at = arm.map(|pattern| capture_at(pattern, *index));
                self.put(format_args!("segment {at:?}"));
            }
            Expr::History(id) => {
                if let Some(history) = policy.histories.get(id.index()) {
                    let declared = site.of_history(history);
                    self.put(format_args!("history[{declared}]"));
                }
            }
            Expr::Field(of, name) => self.list(&format!("field {name}"), &[*of]),
            Expr::Has(of) => self.list("has", &[*of]),
            Expr::Not(of) => self.list("not", &[*of]),
            Expr::And(a, b) => self.list("and", &[*a, *b]),
            Expr::Or(a, b) => self.list("or", &[*a, *b]),
            Expr::Compare(how, a, b) => {
                if self.compare(*how, *a, *b) {
                    self.put(format_args!("not"));
                }
            }
            // A set or list contains what is in it; a text is another matter.
            Expr::In(a, b) => self.list("in", &[*a, *b]),
            Expr::Contains(a, b) => self.list("contains", &[*a, *b]),
            Expr::SubsetOf(a, b) => self.list("subset", &[*a, *b]),
            Expr::Like(of, parts) => self.list(&format!("like {parts:?}"), &[*of]),
            Expr::Within(of, net) => self.list(&format!("within {net}"), &[*of]),
            Expr::Add(a, b) => self.list("+", &[*a, *b]),
            Expr::Sub(a, b) => self.list("-", &[*a, *b]),
            Expr::Quantifier { all, over, body } => {
                self.binder(if *all { "all" } else { "some" }, over);
                self.list("", &[*body]);
            }
            Expr::Count { over, distinct } => {
                self.binder("count", over);
                self.list(&format!("{}", distinct.is_some()), distinct.as_slice());
            }
            Expr::Sum {
                over,
                value,
                distinct,
                zero,
            } => {
                self.binder("sum", over);
                self.list(&format!("{distinct} {zero:?}"), &[*value]);
            }
            Expr::TimeOfDay(of, offset) => self.list(&format!("time {offset}"), &[*of]),
            Expr::Weekday(of, offset) => self.list(&format!("weekday {offset}"), &[*of]),
            Expr::Lower(of) => self.list("lower", &[*of]),
            Expr::Email(of) => self.list("email", &[*of]),
            Expr::Url(of) => self.list("url", &[*of]),
            Expr::Path(of) => self.list("path", &[*of]),
        }
    }

    fn binder(&mut self, name: &str, over: &Binder) {
        self.put(format_args!("{name} {} ", over.slot));
        self.list("over", &[over.list]);
        self.list("where", over.filter.as_slice());
    }

    fn pattern(&mut self, pattern: &Pattern) {
        for segment in &pattern.segments {
            self.text.push('/');
            self.segment(segment);
        }
        if pattern.tail {
            self.text.push_str("/**");
        }
    }

    fn segment(&mut self, segment: &Segment) {
        match segment {
            Segment::Hole(Hole {
                each,
                extract,
                value,
            }) => self.list(&format!("{each} {extract:?}"), &[*value]),
            // Which of its captures a segment is, is no part of what it matches.
            Segment::Any | Segment::Capture(_) => self.text.push('*'),
            other => self.put(format_args!("{other:?}")),
        }
    }
}

/// Which segment of a resource a pattern captures.
pub(super) fn capture_at(pattern: &Pattern, index: u32) -> usize {
    let mut at = 0;
    for segment in &pattern.segments {
        match segment {
            Segment::Capture(own) if *own == index => break,
            Segment::Hole(hole) if hole.extract == Extract::Email => at += 2,
            _ => at += 1,
        }
    }
    at
}
