//! The typed policy: names resolved to ids, types and guards checked, lets expanded.
//!
//! This is what the compiler produces, what a compiled policy file holds, and what the
//! evaluator and the reference interpreter read. It is frozen: nothing here changes
//! after compilation, all arenas are flat, and every id points into its arena (checked
//! by [`validate`](crate::compiled)). Everything is in a canonical order (names in
//! code-point order), so that the order of files and rules never shows.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::ids::{
    ActionId, ExprId, FactId, FunctionId, GroupId, HistoryId, LayerId, PatternId, ResourceFactsId,
    RuleId, TypeId,
};
use crate::value::{Duration, Value};

/// A whole policy set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// The name in the policy block.
    pub name: SmolStr,
    /// The version of the language that it is written in.
    pub language: u32,
    /// How long a grant without `for` lasts.
    pub lifetime: Duration,
    /// The layers, in the order of the policy block.
    pub layers: Vec<Layer>,
    /// The type arena.
    pub types: Vec<Type>,
    /// Facts of agent, user, task and context, by entity, then name. The built-in
    /// `agent.owner` is always among them.
    pub facts: Vec<Fact>,
    /// Facts of resources.
    pub resource_facts: Vec<ResourceFacts>,
    /// Groups, by kind, then name.
    pub groups: Vec<Group>,
    /// Declared agents, by name.
    pub agents: Vec<Agent>,
    /// Actions, by name.
    pub actions: Vec<Action>,
    /// Tools with an audience, by path.
    pub audiences: Vec<Audience>,
    /// Functions, by path.
    pub functions: Vec<Function>,
    /// Histories, by name.
    pub histories: Vec<History>,
    /// The expression arena: children before parents.
    pub exprs: Vec<Expr>,
    /// The pattern arena: rule patterns, templates, patterns of resource facts and
    /// histories.
    pub patterns: Vec<Pattern>,
    /// Rules, by layer, then name.
    pub rules: Vec<Rule>,
}

/// A set of rules that must grant by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// The layer's name.
    pub name: SmolStr,
    /// A guardrail layer: grants when nothing denies.
    pub default_grant: bool,
}

/// A type of facts, arguments and results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Type {
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `decimal`
    Decimal,
    /// `text`
    Text,
    /// `time`
    Time,
    /// `duration`
    Duration,
    /// `ip`
    Ip,
    /// `json`: opaque.
    Json,
    /// `"low" | "high"`: the members, sorted.
    Enum(Vec<SmolStr>),
    /// `set<T>`
    Set(TypeId),
    /// `list<T>`
    List(TypeId),
    /// `{ … }`: fields sorted by name.
    Record(Vec<Field>),
}

/// A field of a record type, or a parameter of a function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// Its name.
    pub name: SmolStr,
    /// Its type.
    pub ty: TypeId,
    /// Written `?`: it may be absent. With a default it is absent never.
    pub optional: bool,
    /// What an absent field reads as.
    pub default: Option<Value>,
}

/// Whom a fact is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Entity {
    /// The acting agent.
    Agent,
    /// The user on whose behalf it acts.
    User,
    /// The task that the credential is for.
    Task,
    /// The circumstances of one request.
    Context,
}

impl Entity {
    /// As it is written in a policy.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::User => "user",
            Self::Task => "task",
            Self::Context => "context",
        }
    }
}

/// One of the two times at which a decision is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Moment {
    /// When a credential is issued.
    Issuance,
    /// When a tool is called.
    Runtime,
}

/// A declared fact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// Whom it is about.
    pub entity: Entity,
    /// Name, type, optionality, default.
    pub field: Field,
    /// Frozen into the credential at issuance. Task facts always are.
    pub fixed: bool,
    /// Known at this moment only.
    pub moment: Option<Moment>,
    /// Written `@loggable`: the audit may show it in clear.
    pub loggable: bool,
}

/// What a host knows of the resources that lie within some patterns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResourceFacts {
    /// Where these facts exist: patterns without holes or captures.
    pub patterns: Vec<PatternId>,
    /// The facts, sorted by name.
    pub fields: Vec<Field>,
}

/// What a group is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum GroupKind {
    /// Agents.
    Agents,
    /// Users.
    Users,
    /// Actions.
    Actions,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// What it is of.
    pub kind: GroupKind,
    /// Its name; unique among groups of its kind.
    pub name: SmolStr,
    /// Members come with each request.
    pub from_request: bool,
    /// Members named in the policy (agents, users or actions by name), sorted. Nested
    /// groups are not in here.
    pub members: Vec<SmolStr>,
    /// Groups of the same kind whose members are members too, closed under nesting,
    /// sorted, without the group itself.
    pub nested: Vec<GroupId>,
}

/// A declared agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agent {
    /// Its id.
    pub name: SmolStr,
    /// Facts that the policy sets, by id.
    pub facts: Vec<(FactId, Value)>,
}

/// An action, with every group that it is in (closed under nesting, sorted).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// The verb.
    pub name: SmolStr,
    /// Its groups.
    pub groups: Vec<GroupId>,
}

/// The audience of a tool's credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audience {
    /// The tool's path.
    pub tool: SmolStr,
    /// The URI that identifies the service (RFC 8707).
    pub audience: SmolStr,
}

/// A function of a tool, or a tool that takes plain triples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Function {
    /// The whole dotted path, `zendesk.get_ticket`.
    pub path: SmolStr,
    /// The parameters, a record type; `None` for a tool that takes plain triples only.
    pub params: Option<TypeId>,
    /// Written `...`: undeclared arguments are tolerated, and invisible.
    pub open: bool,
    /// Parameters that the audit may show in clear, sorted.
    pub loggable: Vec<SmolStr>,
    /// What a call maps to.
    pub lines: Vec<Line>,
    /// The type of what histories may read of a result, a record type.
    pub returns: Option<TypeId>,
    /// Its doc comment.
    pub doc: SmolStr,
}

/// One line of a function: an action, a condition, and templates of resources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What the call then does.
    pub action: ActionId,
    /// When it does that; `None` is always.
    pub when: Option<ExprId>,
    /// To which resources: holes read arguments only.
    pub templates: Vec<PatternId>,
}

/// A bounded list of past calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// Its name.
    pub name: SmolStr,
    /// The functions selected, sorted; `None` selects all.
    pub functions: Option<Vec<FunctionId>>,
    /// The actions selected, sorted; `None` selects all.
    pub actions: Option<Vec<ActionId>>,
    /// The resources selected, without holes; empty selects all.
    pub resources: Vec<PatternId>,
    /// The outcomes selected, sorted.
    pub outcomes: Vec<Outcome>,
    /// Whose calls.
    pub per: HistoryKey,
    /// How far back: now − within ≤ time ≤ now.
    pub within: Option<Duration>,
    /// The type of `args` of a record, a record type (joined over the functions).
    pub args: TypeId,
    /// The type of `result` of a record, a record type (joined over the functions).
    pub result: TypeId,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// Not settled.
    Pending,
    /// Done.
    Ok,
    /// Tried and failed.
    Failed,
    /// Not allowed.
    Denied,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Ok, Self::Failed, Self::Denied];

    /// As it is written in policies and records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Denied => "denied",
        }
    }
}

/// Whose calls a history holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum HistoryKey {
    /// Of the same task.
    Task,
    /// Under the same credential.
    Credential,
    /// Under the same chain.
    Chain,
    /// By the same agent.
    Agent,
    /// On behalf of the same user.
    User,
}

impl HistoryKey {
    /// As it is written in a policy.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Credential => "credential",
            Self::Chain => "chain",
            Self::Agent => "agent",
            Self::User => "user",
        }
    }
}

/// A pattern of resources, or a template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Pattern {
    /// The segments in order.
    pub segments: Vec<Segment>,
    /// Ends in `**`: zero or more further segments.
    pub tail: bool,
}

/// One segment of a pattern. Texts are in written (encoded) form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Segment {
    /// Exactly this segment.
    Literal(SmolStr),
    /// `*`: any one segment.
    Any,
    /// `prefix*suffix`, not both empty: one segment, the star for zero or more characters.
    Glob {
        /// Before the star.
        prefix: SmolStr,
        /// After it.
        suffix: SmolStr,
    },
    /// `{*name}`: any one segment, captured; an index into [`Rule::captures`].
    Capture(u32),
    /// `{fact}`: what a value gives. [`Extract::Path`] and [`Extract::Url`] give several
    /// segments and stand last; [`Extract::Email`] gives two.
    Hole(Hole),
}

/// A hole of a pattern or template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Hole {
    /// Written `each`: one resource per element. Only in templates, over lists or sets.
    /// In rule patterns a set or list always means one alternative per member.
    pub each: bool,
    /// How the value becomes segments.
    pub extract: Extract,
    /// The value: text, enum, int, or a set or list of those. A field of a list of
    /// records ([`Expr::Field`]) is the list of the fields that are present.
    pub value: ExprId,
}

/// How a value becomes segments (language reference, canonical form).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Extract {
    /// As it is: one segment.
    Text,
    /// ASCII letters folded to lower case: one segment.
    Lower,
    /// A path: split at `/`.
    Path,
    /// A URL: scheme, host, port, path.
    Url,
    /// A bare address: domain, local part.
    Email,
}

impl Extract {
    /// As it is written, or `None` for [`Extract::Text`].
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Text => None,
            Self::Lower => Some("lower"),
            Self::Path => Some("path"),
            Self::Url => Some("url"),
            Self::Email => Some("email"),
        }
    }
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// The layer that it belongs to.
    pub layer: LayerId,
    /// Its name, unique in the layer.
    pub name: SmolStr,
    /// Grant, deny or require.
    pub kind: RuleKind,
    /// Doc comment, lines joined by `\n`.
    pub doc: SmolStr,
    /// Annotations in written order; `@owner("payments")` names the owner.
    pub annotations: Vec<(SmolStr, Vec<Value>)>,
    /// Which agents.
    pub agents: Agents,
    /// Which users.
    pub users: Users,
    /// Which functions, sorted; `None` covers all (an absent clause, or `any`).
    pub functions: Option<Vec<FunctionId>>,
    /// Which actions, sorted; `None` covers all (an absent clause, or `any`).
    pub actions: Option<Vec<ActionId>>,
    /// Which resources: one arm per pattern; empty covers all (absent, or `any`).
    pub resources: Vec<PatternId>,
    /// Names that the patterns capture; every pattern binds all of them.
    pub captures: Vec<SmolStr>,
    /// The moment that a deny or require is pinned to.
    pub moment: Option<Moment>,
    /// Conditions, all of which must hold, in written order.
    pub conditions: Vec<Condition>,
    /// Duties and limits.
    pub duties: Duties,
}

impl Rule {
    /// The owner that `@owner("…")` names.
    #[must_use]
    pub fn owner(&self) -> Option<&SmolStr> {
        self.annotations
            .iter()
            .find_map(|(name, values)| match values.first() {
                Some(Value::Text(owner)) if name == "owner" => Some(owner),
                _ => None,
            })
    }
}

/// What a rule does when it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RuleKind {
    /// Lets the request through, when its duties are met.
    Grant,
    /// Stops the request.
    Deny,
    /// Adds duties to every grant of its layer.
    Require,
}

impl RuleKind {
    /// As it is written in a policy.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Deny => "deny",
            Self::Require => "require",
        }
    }
}

/// Which agents a rule is about. Unknown agents never reach a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Agents {
    /// All: an absent clause, or `any`.
    All,
    /// Members of one of these groups, sorted.
    In(Vec<GroupId>),
    /// These, by name, sorted; all are declared.
    Named(Vec<SmolStr>),
}

/// Which users a rule is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Users {
    /// Everyone, and autonomous agents: an absent clause, or `any, none`.
    All,
    /// `any`: every user, but not `none`.
    Any,
    /// `none`: only autonomous agents.
    None,
    /// Members of one of these groups, sorted.
    In(Vec<GroupId>),
    /// These, by id, sorted.
    Named(Vec<SmolStr>),
}

/// A `when` or `unless`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Condition {
    /// The boolean expression.
    pub expr: ExprId,
    /// `unless`: the expression is negated.
    pub unless: bool,
}

/// Duties and limits of a grant or require.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duties {
    /// `for`
    pub lifetime: Option<Duration>,
    /// `delegate`: how many further links the chain may get.
    pub delegate: Option<u32>,
    /// `consent` of the user.
    pub consent: Option<Consent>,
    /// `approval` by a member of each of these groups, sorted.
    pub approvals: Vec<Approval>,
    /// `budget`s, in written order.
    pub budgets: Vec<Budget>,
}

/// Consent of the user to a scope, or to each single call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Consent {
    /// Once for a scope.
    Scope,
    /// For each call.
    PerCall,
}

/// Approval by somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Approval {
    /// A group of users.
    pub group: GroupId,
    /// For each call, or once for a scope.
    pub per_call: bool,
}

/// A budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Budget {
    /// So many calls.
    Calls(u64),
    /// So much of a numeric argument or fact, summed over calls.
    Amount {
        /// The total that may be spent.
        limit: rust_decimal::Decimal,
        /// What a call spends: int or decimal.
        of: ExprId,
    },
}

/// Compares two values of one type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

impl Comparison {
    /// As it is written in a policy.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }
}

/// An expression. Its type has been checked; integer literals next to decimals have
/// become decimals. Equal expressions share one id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Expr {
    /// A literal. Literals typed as sets are canonical sets.
    Const(Value),
    /// A declared fact, with its default when absent.
    Fact(FactId),
    /// `agent.id`
    AgentId,
    /// `user.id`
    UserId,
    /// `task.id`
    TaskId,
    /// `now`
    Now,
    /// `chain.depth`: 0 for the credential that the user's grant made.
    ChainDepth,
    /// `chain.root`: the id of the first agent.
    ChainRoot,
    /// `chain.agents`: list of ids, root first, the acting agent last.
    ChainAgents,
    /// `resource.path`: the resource in written form.
    ResourcePath,
    /// `resource.f`
    ResourceFact(ResourceFactsId, SmolStr),
    /// `args.f`, with the parameter's default when absent. In templates and `when` lines
    /// of functions a parameter is read in the same way.
    Arg(SmolStr),
    /// What a pattern of the rule captured.
    Capture(u32),
    /// The variable of a quantifier or aggregate; slots are numbered from the outside.
    Local(u32),
    /// A history: a list of records with fields `seq` int, `time`, `tool` text, `actions`
    /// set of text, `resources` set of text, `agent`, `user`, `task`, `credential` text,
    /// `args` record, `result` record, `outcome` text.
    History(HistoryId),
    /// A field of a record; of a list of records, the list of those present (templates).
    Field(ExprId, SmolStr),
    /// `has user`
    HasUser,
    /// `has x`: whether the input holds it. Never undefined.
    Has(ExprId),
    /// `not`
    Not(ExprId),
    /// `and`
    And(ExprId, ExprId),
    /// `or`
    Or(ExprId, ExprId),
    /// `a < b`
    Compare(Comparison, ExprId, ExprId),
    /// `x in xs`: membership in a set or list. `x in g` never means groups.
    In(ExprId, ExprId),
    /// `text contains text`, or `xs contains x`.
    Contains(ExprId, ExprId),
    /// `xs subset of ys`: every member of a set or list is one of another.
    SubsetOf(ExprId, ExprId),
    /// `text like "a*b"`: a glob; each element is what stands between stars.
    Like(ExprId, Vec<SmolStr>),
    /// `ip within "10.0.0.0/8"`
    Within(ExprId, ipnet::IpNet),
    /// `a + b`: int, decimal, duration, or time + duration.
    Add(ExprId, ExprId),
    /// `a - b`: int, decimal, duration, time − duration, or time − time.
    Sub(ExprId, ExprId),
    /// `all x in xs where f: b`, `some x in xs where f: b`
    Quantifier {
        /// `all`, else `some`.
        all: bool,
        /// Where the list comes from and which elements count.
        over: Binder,
        /// What is asked of each.
        body: ExprId,
    },
    /// `count(x in xs where f)`, `count(distinct x in xs: v)`, `count(xs)`
    Count {
        /// Where the list comes from and which elements count.
        over: Binder,
        /// Written `distinct`: counts different values of this (the element itself when
        /// no `: v` is written).
        distinct: Option<ExprId>,
    },
    /// `sum(x in xs where f: v)`, `sum(xs)`
    Sum {
        /// Where the list comes from and which elements count.
        over: Binder,
        /// What is added up: int, decimal or duration; each value once if `distinct`.
        value: ExprId,
        /// Written `distinct`: equal values count once.
        distinct: bool,
        /// What an empty sum is: zero of the value's type.
        zero: Value,
    },
    /// `time_of_day(t, "+01:00")`: duration since midnight at that offset.
    TimeOfDay(ExprId, Offset),
    /// `weekday(t, "+01:00")`: `"mon"` … `"sun"` at that offset.
    Weekday(ExprId, Offset),
    /// `lower(x)`: ASCII letters folded; maps over sets and lists.
    Lower(ExprId),
    /// `email(x)`: record `domain`, `local`.
    Email(ExprId),
    /// `url(x)`: record `scheme`, `host`, `port` int, `path` list of text, `query` text
    /// (absent when the URL has none).
    Url(ExprId),
    /// `path(x)`: list of text.
    Path(ExprId),
}

/// A variable that ranges over a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Binder {
    /// The variable's slot.
    pub slot: u32,
    /// A set or list.
    pub list: ExprId,
    /// `where`
    pub filter: Option<ExprId>,
}

/// An offset from UTC in minutes, between −1439 and 1439.
pub type Offset = i16;

impl Policy {
    /// A rule's name as it is shown: `layer/rule`.
    #[must_use]
    pub fn rule_name(&self, id: RuleId) -> SmolStr {
        let Some(rule) = self.rules.get(id.index()) else {
            return SmolStr::default();
        };
        match self.layers.get(rule.layer.index()) {
            Some(layer) => smol_str::format_smolstr!("{}/{}", layer.name, rule.name),
            None => rule.name.clone(),
        }
    }

    /// The function with this path.
    #[must_use]
    pub fn function(&self, path: &str) -> Option<FunctionId> {
        self.functions
            .binary_search_by(|function| function.path.as_str().cmp(path))
            .ok()
            .map(FunctionId::new)
    }

    /// The action with this name.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<ActionId> {
        self.actions
            .binary_search_by(|action| action.name.as_str().cmp(name))
            .ok()
            .map(ActionId::new)
    }

    /// The history with this name.
    #[must_use]
    pub fn history(&self, name: &str) -> Option<HistoryId> {
        self.histories
            .binary_search_by(|history| history.name.as_str().cmp(name))
            .ok()
            .map(HistoryId::new)
    }
}
