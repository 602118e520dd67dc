//! What a rule looks at, and where it puts what it finds.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use placet_analysis::Effort;
use placet_analysis::dead::{Judge, Judged};
use placet_compiler::Place;
use placet_evaluator::Engine;
use placet_model::compiled::Compiled;
use placet_model::ids::{ActionId, FunctionId, RuleId};
use placet_model::policy::{Policy, Rule as Typed, RuleKind};
use placet_model::value::Duration;
use placet_syntax::ast::{self, Clause, FileId, Item, ItemKind, Span, Spanned, ToolPartKind};
use placet_syntax::{Diagnostic, Sources};

use crate::Subject;
use crate::config::Config;
use crate::descriptor::{Level, Rule};
use crate::finding::{Finding, Fix};
use crate::reach::{Deed, Reach};
use crate::rules;
use crate::words::{self, Kind};

/// How long the analysis looks at one rule in one thing that a function does. What it cannot
/// tell by then is not reported; a linter is run at every change.
const STEPS: u64 = 2_000;

/// A policy set as rules see it.
pub(crate) struct Context<'a> {
    pub(crate) subject: Subject<'a>,
    pub(crate) config: &'a Config,
    rules: Vec<RuleAt<'a>>,
    reach: OnceCell<Vec<Reach>>,
    judged: OnceCell<Vec<Judged>>,
}

/// A rule of the policy in all its forms.
#[derive(Clone, Copy)]
pub(crate) struct RuleAt<'a> {
    pub(crate) file: FileId,
    pub(crate) item: &'a Spanned<Item>,
    pub(crate) tree: &'a ast::Rule,
    pub(crate) id: RuleId,
    pub(crate) typed: &'a Typed,
}

/// Something that is declared, with the file.
#[derive(Clone, Copy)]
pub(crate) struct ItemAt<'a> {
    pub(crate) file: FileId,
    pub(crate) item: &'a Spanned<Item>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(subject: &Subject<'a>, config: &'a Config) -> Self {
        let policy = subject.policy.policy();
        let mut ids = BTreeMap::new();
        for (at, rule) in policy.rules.iter().enumerate() {
            let layer = policy.layers.get(rule.layer.index());
            let layer = layer.map(|layer| layer.name.as_str()).unwrap_or_default();
            ids.insert((layer, rule.name.as_str()), (RuleId::new(at), rule));
        }
        let mut rules = Vec::new();
        for file in subject.files {
            let layer = file.layer.as_ref();
            let layer = layer.map_or("main", |layer| layer.name.as_str());
            for item in &file.items {
                let ItemKind::Rule(tree) = &item.kind else {
                    continue;
                };
                if let Some((id, typed)) = ids.get(&(layer, tree.name.as_str())) {
                    rules.push(RuleAt {
                        file: file.id,
                        item,
                        tree,
                        id: *id,
                        typed,
                    });
                }
            }
        }
        Self {
            subject: *subject,
            config,
            rules,
            reach: OnceCell::new(),
            judged: OnceCell::new(),
        }
    }

    pub(crate) fn policy(&self) -> &'a Policy {
        self.subject.policy.policy()
    }

    pub(crate) fn compiled(&self) -> &'a Compiled {
        self.subject.policy
    }

    pub(crate) fn sources(&self) -> &'a Sources {
        self.subject.sources
    }

    /// All rules, file by file.
    pub(crate) fn rules(&self) -> impl Iterator<Item = RuleAt<'a>> {
        self.rules.iter().copied()
    }

    /// All grants, file by file.
    pub(crate) fn grants(&self) -> impl Iterator<Item = RuleAt<'a>> {
        self.rules()
            .filter(|rule| rule.typed.kind == RuleKind::Grant)
    }

    /// All that is declared, file by file.
    pub(crate) fn items(&self) -> impl Iterator<Item = ItemAt<'a>> {
        self.subject.files.iter().flat_map(|file| {
            let items = file.items.iter();
            items.map(|item| ItemAt {
                file: file.id,
                item,
            })
        })
    }

    /// Where the name of a function stands.
    pub(crate) fn place_of(&self, id: FunctionId) -> Option<Place> {
        let path = &self.policy().functions.get(id.index())?.path;
        self.items().find_map(|declared| {
            let ItemKind::Tool(tool) = &declared.item.node.kind else {
                return None;
            };
            let own = path.strip_prefix(tool.path.node.dotted().as_str())?;
            let own = own.strip_prefix('.')?;
            let names = tool.parts.iter().flat_map(|part| match &part.node.kind {
                ToolPartKind::Bare { .. } => Vec::new(),
                ToolPartKind::Verb { functions, .. } => {
                    let functions = functions.iter();
                    functions
                        .map(|function| &function.node.signature.name)
                        .collect()
                }
                ToolPartKind::Function(function) => vec![&function.signature.name],
            });
            let mut names = names.filter(|name| name.node == own);
            let span = names.next()?.span;
            Some(Place {
                file: declared.file,
                span,
            })
        })
    }

    /// What each rule covers, by its id.
    pub(crate) fn reach(&self, rule: RuleId) -> &Reach {
        static NOTHING: Reach = Reach::NOTHING;
        let all = self.reach.get_or_init(|| {
            let policy = self.policy();
            let rules = policy.rules.iter();
            rules.map(|rule| Reach::of(policy, rule)).collect()
        });
        all.get(rule.index()).unwrap_or(&NOTHING)
    }

    /// What the analysis says of a rule: whether it can decide, and which parts change nothing.
    pub(crate) fn judged(&self, rule: RuleId) -> Option<&Judged> {
        let all = self.judged.get_or_init(|| {
            let engine = Engine::new(self.compiled().clone());
            Judge::new(&engine, Effort { steps: STEPS }).all()
        });
        all.get(rule.index())
    }

    /// Whether an action is of a kind.
    pub(crate) fn is(&self, kind: Kind, action: ActionId) -> bool {
        words::is(self.policy(), self.config.words(kind), action)
    }

    /// What a rule covers that is of a kind: by its action, or by the name of the function, which
    /// says more where the action is `write` or `manage`.
    pub(crate) fn deeds(&self, kind: Kind, rule: &RuleAt<'_>) -> Vec<Deed> {
        let deeds = self.reach(rule.id).deeds().iter().copied();
        deeds
            .filter(|deed| {
                self.is(kind, deed.action)
                    || words::begins(self.config.words(kind), self.function(deed.function))
            })
            .collect()
    }

    /// What a rule covers of a kind as it is shown: by the actions, and by the functions where only
    /// those say so.
    pub(crate) fn told(&self, kind: Kind, deeds: &[Deed]) -> String {
        let names: BTreeSet<(bool, String)> = deeds
            .iter()
            .map(|deed| match self.is(kind, deed.action) {
                true => (false, self.named(&[deed.action])),
                false => {
                    let function = self.policy().functions.get(deed.function.index());
                    let path = function.map_or("", |function| function.path.as_str());
                    (true, format!("`{path}`"))
                }
            })
            .collect();
        listed(names.into_iter().map(|(_, name)| name))
    }

    /// The own name of a function, without its tool.
    fn function(&self, id: FunctionId) -> &'a str {
        let function = self.policy().functions.get(id.index());
        let path = function.map_or("", |function| function.path.as_str());
        path.rsplit_once('.').map_or("", |(_, name)| name)
    }

    /// The names of actions, as they are shown.
    pub(crate) fn named(&self, actions: &[ActionId]) -> String {
        let names = actions.iter().filter_map(|id| {
            let action = self.policy().actions.get(id.index())?;
            Some(format!("`{}`", action.name))
        });
        listed(names)
    }

    /// A parameter of a rule: a length of time.
    pub(crate) fn duration(&self, rule: &Rule, name: &str) -> Duration {
        self.config.duration(rule, name)
    }

    /// A parameter of a rule: a number.
    pub(crate) fn count(&self, rule: &Rule, name: &str) -> u64 {
        self.config.count(rule, name)
    }

    /// A parameter of a rule: words.
    pub(crate) fn words(&self, rule: &Rule, name: &str) -> Vec<String> {
        self.config.texts(rule, name)
    }

    /// The text that is written at a place.
    pub(crate) fn text(&self, file: FileId, span: Span) -> &'a str {
        self.sources()
            .get(file)
            .map_or("", |source| source.slice(span))
    }
}

impl<'a> RuleAt<'a> {
    /// Where its name stands.
    pub(crate) fn name(&self) -> Span {
        self.tree.name.span
    }

    /// The first clause that is wanted.
    pub(crate) fn clause<T>(&self, wanted: impl Fn(&'a Clause) -> Option<T>) -> Option<(Span, T)> {
        let mut clauses = self.tree.clauses.iter();
        clauses.find_map(|clause| Some((clause.span, wanted(&clause.node)?)))
    }

    /// The place of the first clause that fits, else of the name.
    pub(crate) fn place(&self, fits: impl Fn(&Clause) -> bool) -> Span {
        self.clause(|clause| fits(clause).then_some(()))
            .map_or(self.name(), |(span, ())| span)
    }

    /// The place of a pattern of the rule: the typed ones are in the written order.
    pub(crate) fn pattern_place(&self, at: usize) -> Span {
        let patterns = self.clause(|clause| match clause {
            Clause::Resource(ast::Resources::Listed(patterns)) => Some(patterns),
            _ => None,
        });
        let pattern = patterns.and_then(|(_, patterns)| patterns.get(at));
        pattern.map_or(self.name(), |pattern| pattern.span)
    }

    /// The place of the `action` clause, else of the name.
    pub(crate) fn action_place(&self) -> Span {
        self.place(|clause| matches!(clause, Clause::Action(_)))
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn listed(names: impl IntoIterator<Item = String>) -> String {
    let mut names: Vec<String> = names.into_iter().collect();
    match names.pop() {
        None => String::new(),
        Some(last) if names.is_empty() => last,
        Some(last) => format!("{} and {last}", names.join(", ")),
    }
}

/// What rules have found so far.
#[derive(Default)]
pub(crate) struct Found {
    list: Vec<(Diagnostic, Option<Fix>)>,
}

impl Found {
    /// Adds a finding that a person has to mend.
    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        self.list.push((diagnostic, None));
    }

    /// Adds a finding with what mends it.
    pub(crate) fn mend(&mut self, diagnostic: Diagnostic, fix: Option<Fix>) {
        self.list.push((diagnostic, fix));
    }

    /// The findings that are to be reported at their places.
    pub(crate) fn into_findings(self, sources: &Sources, config: &Config) -> Vec<Finding> {
        let findings = self.list.into_iter().filter_map(|(diagnostic, fix)| {
            let rule = rules::by_code(diagnostic.code)?;
            let file = diagnostic.primary().and_then(|at| sources.get(at.file));
            let level = config.level(rule, file.map_or("", |file| file.name.as_str()));
            (level > Level::Off).then_some(Finding {
                rule,
                level,
                diagnostic,
                fix,
            })
        });
        findings.collect()
    }
}
