//! Tools and their functions.

use super::Lower;
use crate::{
    ast::{self, Spanned},
    grammar::{Pair, Parts, Rule},
};

impl Lower<'_> {
    pub(super) fn tool(&mut self, pair: Pair<'_>) -> Option<ast::Tool> {
        let mut parts = Parts::of(pair);
        let path = self.path(parts.next()?)?;
        let mut tool = ast::Tool {
            path,
            audience: None,
            parts: Vec::new(),
        };
        for part in parts {
            self.tool_part(&mut tool, part)?;
        }
        Some(tool)
    }

    /// Adds an `audience`, `action` or `function` to the tool it stands in.
    pub(crate) fn tool_part(&mut self, tool: &mut ast::Tool, pair: Pair<'_>) -> Option<()> {
        let span = self.span(&pair);
        let mut parts = Parts::of(pair);
        if let Some(audience) = parts.next_if(Rule::audience) {
            let audience = self.string(&Parts::of(audience).next()?);
            match &tool.audience {
                Some(first) => self.written_twice("audience", first.span, span),
                None => tool.audience = Some(audience),
            }
            return Some(());
        }
        let docs = self.docs(&mut parts);
        let inner = parts.next()?;
        let kind = match inner.as_rule() {
            Rule::verb => self.verb(inner)?,
            _ => ast::ToolPartKind::Function(self.function(inner)?),
        };
        tool.parts
            .push(Spanned::new(ast::ToolPart { docs, kind }, span));
        Some(())
    }

    /// The doc comment that is next in `parts`.
    pub(crate) fn docs(&self, parts: &mut Parts<'_>) -> Vec<ast::Doc> {
        std::iter::from_fn(|| parts.next_if(Rule::doc))
            .map(|doc| self.doc(&doc))
            .collect()
    }

    fn verb(&mut self, pair: Pair<'_>) -> Option<ast::ToolPartKind> {
        let mut parts = Parts::of(pair);
        let action = self.name(parts.next()?)?;
        if let Some(templates) = parts.next_if(Rule::templates) {
            return Some(ast::ToolPartKind::Bare {
                action,
                patterns: self.templates(templates)?,
            });
        }
        let functions = self.all(parts, Self::mapped);
        Some(ast::ToolPartKind::Verb { action, functions })
    }

    fn templates(&mut self, pair: Pair<'_>) -> Option<Vec<ast::Str>> {
        Some(self.strings(Parts::of(pair).next()?))
    }

    pub(crate) fn mapped(&mut self, pair: Pair<'_>) -> Option<Spanned<ast::Mapped>> {
        let span = self.span(&pair);
        let mut parts = Parts::of(pair);
        let docs = self.docs(&mut parts);
        let signature = self.signature(parts.next()?)?;
        let templates = self.templates(parts.next()?)?;
        let returns = match parts.next() {
            Some(returns) => Some(self.returns(returns)?),
            None => None,
        };
        Some(Spanned::new(
            ast::Mapped {
                docs,
                signature,
                templates,
                returns,
            },
            span,
        ))
    }

    fn function(&mut self, pair: Pair<'_>) -> Option<ast::Function> {
        let mut parts = Parts::of(pair);
        let signature = self.signature(parts.next()?)?;
        let mut function = ast::Function {
            signature,
            lines: Vec::new(),
            returns: None,
        };
        for part in parts {
            self.function_part(&mut function, part)?;
        }
        Some(function)
    }

    /// Adds a line or the `returns` to the function it stands in.
    pub(crate) fn function_part(
        &mut self,
        function: &mut ast::Function,
        pair: Pair<'_>,
    ) -> Option<()> {
        let span = self.span(&pair);
        if pair.as_rule() == Rule::returns {
            let returns = self.returns(pair)?;
            match &function.returns {
                Some(first) => self.written_twice("returns", first.span, span),
                None => function.returns = Some(returns),
            }
            return Some(());
        }
        let mut parts = Parts::of(pair);
        let action = self.name(parts.next()?)?;
        let when = match parts.next_if(Rule::guard) {
            Some(guard) => Some(self.expr(Parts::of(guard).next()?)?),
            None => None,
        };
        let templates = self.templates(parts.next()?)?;
        function.lines.push(Spanned::new(
            ast::Line {
                action,
                when,
                templates,
            },
            span,
        ));
        Some(())
    }

    fn returns(&mut self, pair: Pair<'_>) -> Option<Spanned<Vec<Spanned<ast::Field>>>> {
        let span = self.span(&pair);
        let fields = self.record(Parts::of(pair).next()?);
        Some(Spanned::new(fields, span))
    }

    pub(crate) fn signature(&mut self, pair: Pair<'_>) -> Option<ast::Signature> {
        let mut parts = Parts::of(pair);
        let name = self.name(parts.next()?)?;
        let open = parts.any_is(Rule::open);
        let params = parts
            .filter(|part| part.as_rule() == Rule::field)
            .filter_map(|field| self.field(field))
            .collect();
        Some(ast::Signature { name, params, open })
    }
}
