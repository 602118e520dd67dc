//! Tools and their functions.

use super::{
    Printer, WIDTH,
    doc::{Doc, bracketed, concat, group, nest, text},
    expr, fits,
};
use crate::{
    ast::{self, Spanned, ToolPart, ToolPartKind},
    source::Span,
};

impl Printer<'_> {
    pub(super) fn tool(&mut self, span: Span, tool: &ast::Tool) {
        let head = concat([text("tool "), expr::path(&tool.path), text(" ")]);
        self.comments(0, 0, tool.path.span.end);
        let short = tool_line(tool).map(|line| concat([head.clone(), line]));
        if let Some(short) = short
            && !self.has_comments(span)
            && fits(0, short.width())
        {
            self.line(0, &short);
            return;
        }
        self.block(0, concat([head, text("{")]), |printer| {
            if let Some(audience) = &tool.audience {
                printer.comments(2, audience.span.start, audience.span.end);
                let line = concat([text("audience "), expr::string(audience)]);
                printer.line(2, &line);
                let next = tool.parts.first().map_or(span.end, |part| part.span.start);
                printer.beside(next);
            }
            printer.each(2, &tool.parts, span.end, |printer, _, part| {
                printer.tool_part(part);
            });
        });
    }

    fn tool_part(&mut self, part: &Spanned<ToolPart>) {
        let span = part.span;
        let head_end = match &part.kind {
            ToolPartKind::Bare { action, .. } | ToolPartKind::Verb { action, .. } => {
                action.span.end
            }
            ToolPartKind::Function(function) => {
                let params = function.signature.params.last();
                params.map_or(function.signature.name.span.end, |param| param.span.end)
            }
        };
        self.docs(2, &part.docs);
        self.comments(2, span.start, head_end);
        if let Some(short) = part_line(&part.kind)
            && !self.has_comments(span)
            && fits(2, short.width())
        {
            self.line(2, &short);
            return;
        }
        match &part.kind {
            ToolPartKind::Bare { action, patterns } => {
                self.comments(2, span.start, span.end);
                self.line(2, &bare(action, patterns));
            }
            ToolPartKind::Verb { action, functions } => {
                let column = arrow_column(functions, 4, |mapped| {
                    let tail = tail(&mapped.templates, mapped.returns.as_ref());
                    (signature(&mapped.signature), tail)
                });
                let head = concat([text("action "), expr::name(action), text(" {")]);
                self.block(2, head, |printer| {
                    printer.each(4, functions, span.end, |printer, _, mapped| {
                        printer.docs(4, &mapped.docs);
                        printer.comments(4, mapped.span.start, mapped.span.end);
                        printer.line(4, &mapped_doc(mapped, column));
                    });
                });
            }
            ToolPartKind::Function(function) => {
                let head = concat([
                    text("function "),
                    signature(&function.signature),
                    text(" {"),
                ]);
                self.block(2, head, |printer| printer.function_lines(span, function));
            }
        }
    }

    fn function_lines(&mut self, span: Span, function: &ast::Function) {
        let column = arrow_column(&function.lines, 4, |line| {
            (line_head(line), tail(&line.templates, None))
        });
        let returns = function.returns.as_ref();
        let end = returns.map_or(span.end, |returns| returns.span.start);
        self.lines(4, &function.lines, end, |_, line| {
            arrow(line_head(line), column, tail(&line.templates, None))
        });
        if let Some(returns) = returns {
            self.comments(4, returns.span.start, returns.span.end);
            self.line(4, &returns_doc(returns));
            self.beside(span.end);
            self.comments(4, 0, span.end);
        }
    }
}

/// A tool of one part on one line, if it can be.
fn tool_line(tool: &ast::Tool) -> Option<Doc> {
    match tool.parts.as_slice() {
        [] if tool.audience.is_none() => Some(text("{}")),
        [part] if tool.audience.is_none() && part.docs.is_empty() => {
            let line = part_line(&part.kind)?;
            Some(concat([text("{ "), line, text(" }")]))
        }
        _ => None,
    }
}

/// A part of a tool on one line, if it can be: it has no more than one function or line.
fn part_line(kind: &ToolPartKind) -> Option<Doc> {
    match kind {
        ToolPartKind::Bare { action, patterns } => Some(bare(action, patterns)),
        ToolPartKind::Verb { action, functions } => {
            let head = concat([text("action "), expr::name(action)]);
            match functions.as_slice() {
                [] => Some(concat([head, text(" {}")])),
                [one] if one.docs.is_empty() => {
                    Some(concat([head, text(" { "), mapped_doc(one, 0), text(" }")]))
                }
                _ => None,
            }
        }
        ToolPartKind::Function(function) => {
            let [line] = function.lines.as_slice() else {
                return None;
            };
            Some(concat([
                text("function "),
                signature(&function.signature),
                text(" { "),
                arrow(
                    line_head(line),
                    0,
                    tail(&line.templates, function.returns.as_ref()),
                ),
                text(" }"),
            ]))
        }
    }
}

fn bare(action: &ast::Name, patterns: &[ast::Str]) -> Doc {
    let head = concat([text("action "), expr::name(action)]);
    arrow(head, 0, tail(patterns, None))
}

fn mapped_doc(mapped: &ast::Mapped, column: usize) -> Doc {
    let tail = tail(&mapped.templates, mapped.returns.as_ref());
    arrow(signature(&mapped.signature), column, tail)
}

fn signature(of: &ast::Signature) -> Doc {
    let open = of.open.then(|| text("..."));
    let params = of.params.iter().map(|param| expr::field(param, 0));
    let params = match of.open {
        // Nothing may follow the dots, not even a comma.
        true => {
            let params = super::doc::commas(params.chain(open));
            group([
                text("("),
                nest(2, concat([Doc::SoftLine, params])),
                Doc::SoftLine,
                text(")"),
            ])
        }
        false => bracketed("(", Doc::SoftLine, params, ")"),
    };
    concat([expr::name(&of.name), params])
}

fn line_head(line: &ast::Line) -> Doc {
    let name = expr::name(&line.action);
    match &line.when {
        Some(when) => concat([name, text(" when "), nest(2, expr::expr(when))]),
        None => name,
    }
}

/// What stands after an arrow.
fn tail(templates: &[ast::Str], returns: Option<&Spanned<Vec<Spanned<ast::Field>>>>) -> Doc {
    let mut docs = vec![nest(3, expr::strings(templates))];
    if let Some(returns) = returns {
        docs.extend([Doc::Line, returns_doc(returns)]);
    }
    Doc::Concat(docs)
}

fn returns_doc(returns: &Spanned<Vec<Spanned<ast::Field>>>) -> Doc {
    concat([text("returns "), expr::record(returns)])
}

/// `head -> tail`, the arrow at least `column` columns from the start.
fn arrow(head: Doc, column: usize, tail: Doc) -> Doc {
    let gap = column.saturating_sub(head.width()).max(1);
    concat([
        head,
        group([
            text(" ".repeat(gap - 1)),
            nest(2, concat([Doc::Line, text("-> "), tail])),
        ]),
    ])
}

/// The column of the arrows of several lines: one for all if all lines fit with it.
fn arrow_column<T>(lines: &[Spanned<T>], indent: usize, parts: impl Fn(&T) -> (Doc, Doc)) -> usize {
    let widths: Vec<(usize, usize)> = lines
        .iter()
        .map(|line| {
            let (head, tail) = parts(line);
            (head.width(), tail.width())
        })
        .collect();
    let head = widths.iter().map(|(head, _)| *head).max().unwrap_or(0);
    let tail = widths.iter().map(|(_, tail)| *tail).max().unwrap_or(0);
    match indent + head + " -> ".len() + tail <= WIDTH {
        true => head + 1,
        false => 0,
    }
}
