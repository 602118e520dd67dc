//! Parts of the tree on one line, as they are quoted in messages.

use std::fmt::{Display, Formatter, Result};

use super::{clause, expr};
use crate::ast;

/// Displays a node as it is written in a policy, on one line.
macro_rules! displays {
    ($($node:ty => $doc:expr;)*) => {$(
        impl Display for $node {
            fn fmt(&self, f: &mut Formatter<'_>) -> Result {
                let doc: fn(&$node) -> super::doc::Doc = $doc;
                f.write_str(&doc(self).flat())
            }
        }
    )*};
}

displays! {
    ast::Expr => expr::expr;
    ast::Value => expr::value;
    ast::Object => expr::object;
    ast::Type => expr::ty;
    ast::Field => |field| expr::field(field, 0);
    ast::Ref => expr::reference;
    ast::PathParts => expr::path;
    ast::Number => expr::number;
    ast::Duration => |duration| expr::duration(*duration);
    ast::Clause => |of| clause::clause(of).doc(0);
    ast::Duty => |of| clause::duty(of).doc(0);
}

impl<T: Display> Display for ast::Spanned<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.node.fmt(f)
    }
}

impl Display for ast::Pattern {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let rest = self.rest.iter().map(|_| "**".to_owned());
        let segments = self.segments.iter().map(|segment| segment.to_string());
        f.write_str(&segments.chain(rest).collect::<Vec<_>>().join("/"))
    }
}

impl Display for ast::Segment {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Literal(text) => f.write_str(text),
            Self::Any => f.write_str("*"),
            Self::Glob { prefix, suffix } => write!(f, "{prefix}*{suffix}"),
            Self::Capture(name) => write!(f, "{{*{}}}", name.node),
            Self::Hole(hole) => {
                let each = if hole.each { "each " } else { "" };
                match &hole.extractor {
                    Some(extractor) => {
                        write!(f, "{{{each}{}({})}}", extractor.as_str(), hole.of)
                    }
                    None => write!(f, "{{{each}{}}}", hole.of),
                }
            }
        }
    }
}
