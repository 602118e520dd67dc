//! Random trees of every construct, over small alphabets so that names collide with each
//! other and with keywords.

use placet_syntax::{FileId, ast::*};
use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::{select, subsequence},
};

fn here<T>(node: T) -> Spanned<T> {
    Spanned::new(node, Span::default())
}

fn spanned<T: std::fmt::Debug>(of: impl Strategy<Value = T>) -> impl Strategy<Value = Spanned<T>> {
    of.prop_map(here)
}

fn some_of<T: std::fmt::Debug>(of: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<T>> {
    vec(of, 1..4)
}

fn few<T: std::fmt::Debug>(of: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<T>> {
    vec(of, 0..4)
}

/// Identifiers, many of them keywords somewhere.
fn ident() -> impl Strategy<Value = Name> {
    const WORDS: &[&str] = &[
        "a",
        "b",
        "x-1",
        "_y",
        "über",
        "any",
        "none",
        "type",
        "action",
        "for",
        "when",
        "user",
        "agent",
        "returns",
        "per",
        "grant",
        "distinct",
        "all",
        "some",
        "count",
        "where",
        "resource",
        "by",
        "layer",
        "default",
        "each",
        "like",
        "may",
        "a-very-long-identifier-that-takes-much-room",
    ];
    spanned(select(WORDS).prop_map(Into::into))
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-z/{}*%.]{0,12}",
        1 => select(&["\"", "\\", "\n\t", "\u{202e}", "e\u{301}", "\u{0}", "//", "日本", "\u{301}"][..])
            .prop_map(str::to_owned),
    ]
}

fn string() -> impl Strategy<Value = Str> {
    spanned(any_text().prop_map(Into::into))
}

/// Names: identifiers, words that no identifier can be, and texts.
fn name() -> impl Strategy<Value = Name> {
    prop_oneof![
        6 => ident(),
        1 => spanned(select(&["in", "not", "1x", "a b", "spiffe://acme/x", "a.b", "x-", "-", "é\"\\"][..])
            .prop_map(Into::into)),
    ]
}

fn names() -> impl Strategy<Value = Vec<Name>> {
    some_of(name())
}

fn strings() -> impl Strategy<Value = Vec<Str>> {
    some_of(string())
}

fn path() -> impl Strategy<Value = Path> {
    spanned(some_of(name()).prop_map(|parts| PathParts { parts }))
}

fn duration() -> impl Strategy<Value = Spanned<Duration>> {
    const UNITS: &[Unit] = &[Unit::Seconds, Unit::Minutes, Unit::Hours, Unit::Days];
    spanned((0..100u64, select(UNITS)).prop_map(|(count, unit)| Duration { count, unit }))
}

fn number() -> impl Strategy<Value = Number> {
    "-?[0-9]{1,3}(\\.[0-9]{1,2})?".prop_map(|text| Number { text: text.into() })
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        any_text().prop_map(|text| Value::Text(text.into())),
        number().prop_map(Value::Number),
        duration().prop_map(|duration| Value::Duration(duration.node)),
        any::<bool>().prop_map(Value::Bool),
    ]
}

/// A constant of a condition.
fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(2, 8, 3, |inner| few(spanned(inner)).prop_map(Value::List))
}

/// A value of a test or agent: objects too.
fn data() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![4 => scalar(), 1 => column().prop_map(Value::Cell)];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            few(spanned(inner.clone())).prop_map(Value::List),
            few((name(), spanned(inner))).prop_map(|entries| Value::Object(object_of(entries))),
        ]
    })
}

fn object_of(entries: Vec<(Name, Spanned<Value>)>) -> Object {
    let entries = entries.into_iter();
    Object {
        entries: entries.map(|(key, value)| Entry { key, value }).collect(),
    }
}

fn object() -> impl Strategy<Value = Object> {
    few((name(), spanned(data()))).prop_map(object_of)
}

fn field(ty: impl Strategy<Value = Type>) -> impl Strategy<Value = Spanned<Field>> {
    let default = option::weighted(0.2, spanned(value()));
    spanned((name(), spanned(ty), any::<bool>(), default).prop_map(
        |(name, ty, optional, default)| Field {
            name,
            ty,
            optional,
            default,
        },
    ))
}

fn ty() -> impl Strategy<Value = Type> {
    let plain = select(
        &[
            Type::Bool,
            Type::Int,
            Type::Decimal,
            Type::Text,
            Type::Time,
            Type::Duration,
            Type::Ip,
            Type::Json,
        ][..],
    );
    let leaf = prop_oneof![3 => plain, 1 => strings().prop_map(Type::Enum)];
    leaf.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            spanned(inner.clone()).prop_map(|ty| Type::Set(Box::new(ty))),
            spanned(inner.clone()).prop_map(|ty| Type::List(Box::new(ty))),
            few(field(inner)).prop_map(Type::Record),
        ]
    })
}

fn fields() -> impl Strategy<Value = Vec<Spanned<Field>>> {
    few(field(ty()))
}

fn reference() -> impl Strategy<Value = Ref> {
    (ident(), few(name())).prop_map(|(root, fields)| Ref { root, fields })
}

fn boxed(of: impl Strategy<Value = Expr>) -> impl Strategy<Value = Box<Spanned<Expr>>> {
    of.prop_map(|expr| Box::new(here(expr)))
}

pub(crate) fn expr() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        3 => reference().prop_map(Expr::Ref),
        1 => value().prop_map(Expr::Value),
        1 => spanned(reference()).prop_map(Expr::Has),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let several = vec(spanned(inner.clone()), 2..4).boxed();
        let binder = (
            ident(),
            boxed(inner.clone()),
            option::of(boxed(inner.clone())),
        )
            .prop_map(|(name, source, filter)| Binder {
                name,
                source,
                filter,
            })
            .boxed();
        let add = select(&[AddOp::Add, AddOp::Subtract][..]);
        let addend =
            (spanned(add), spanned(inner.clone())).prop_map(|(op, operand)| Addend { op, operand });
        let over = prop_oneof![
            (
                any::<bool>(),
                binder.clone(),
                option::of(boxed(inner.clone()))
            )
                .prop_map(|(distinct, binder, value)| Over::Each {
                    distinct,
                    binder,
                    value,
                }),
            boxed(inner.clone()).prop_map(Over::Whole),
        ];
        let callee = ident().prop_filter("aggregates are no calls", |name| name.node != "count");
        prop_oneof![
            several.clone().prop_map(Expr::Or),
            several.prop_map(Expr::And),
            boxed(inner.clone()).prop_map(Expr::Not),
            (
                boxed(inner.clone()),
                spanned(select(&CompareOp::ALL[..])),
                boxed(inner.clone())
            )
                .prop_map(|(left, op, right)| Expr::Compare { left, op, right }),
            (boxed(inner.clone()), vec(addend, 1..3))
                .prop_map(|(first, rest)| Expr::Sum { first, rest }),
            (
                spanned(select(&[Quantifier::All, Quantifier::Some][..])),
                binder,
                boxed(inner.clone())
            )
                .prop_map(|(quantifier, binder, body)| Expr::Quantified {
                    quantifier,
                    binder,
                    body,
                }),
            (
                spanned(select(&[Aggregate::Count, Aggregate::Sum][..])),
                over
            )
                .prop_map(|(function, over)| Expr::Aggregate { function, over }),
            (callee, few(spanned(inner)), few(name()))
                .prop_map(|(name, args, fields)| Expr::Call { name, args, fields }),
        ]
    })
}

fn condition() -> impl Strategy<Value = Spanned<Expr>> {
    spanned(expr())
}

fn moment() -> impl Strategy<Value = Moment> {
    select(&[Moment::Issuance, Moment::Runtime][..])
}

fn covered() -> impl Strategy<Value = Names> {
    prop_oneof![
        Just(Names::Any),
        names().prop_map(Names::In),
        names().prop_map(Names::Listed),
    ]
}

fn duty() -> impl Strategy<Value = Duty> {
    prop_oneof![
        duration().prop_map(Duty::For),
        any::<bool>().prop_map(|per_call| Duty::Consent { per_call }),
        (names(), any::<bool>()).prop_map(|(groups, per_call)| Duty::Approval { groups, per_call }),
        any::<u64>().prop_map(|depth| Duty::Delegate(here(depth))),
        any::<u64>().prop_map(|calls| Duty::BudgetCalls(here(calls))),
        (spanned(number()), spanned(reference()))
            .prop_map(|(amount, of)| Duty::BudgetOf { amount, of }),
    ]
}

fn clause() -> impl Strategy<Value = Spanned<Clause>> {
    let users = prop_oneof![
        Just(Users::Any),
        Just(Users::AnyOrNone),
        Just(Users::None),
        names().prop_map(Users::In),
        names().prop_map(Users::Listed),
    ];
    let tools = prop_oneof![Just(Tools::Any), some_of(path()).prop_map(Tools::Listed)];
    let resources = prop_oneof![Just(Resources::Any), strings().prop_map(Resources::Listed)];
    spanned(prop_oneof![
        covered().prop_map(Clause::Agent),
        users.prop_map(Clause::User),
        tools.prop_map(Clause::Tool),
        covered().prop_map(Clause::Action),
        resources.prop_map(Clause::Resource),
        moment().prop_map(Clause::At),
        condition().prop_map(Clause::When),
        condition().prop_map(Clause::Unless),
        duty().prop_map(Clause::Duty),
    ])
}

fn region() -> impl Strategy<Value = Region> {
    spanned(few(clause()))
}

fn rule() -> impl Strategy<Value = ItemKind> {
    let effect = select(&[Effect::Grant, Effect::Deny, Effect::Require][..]);
    (spanned(effect), name(), vec(clause(), 0..6)).prop_map(|(effect, name, clauses)| {
        ItemKind::Rule(Rule {
            effect,
            name,
            clauses,
        })
    })
}

fn claim() -> impl Strategy<Value = ItemKind> {
    let body = prop_oneof![
        region().prop_map(ClaimBody::Never),
        region().prop_map(ClaimBody::Always),
        (condition(), region()).prop_map(|(who, region)| ClaimBody::Only { who, region }),
        (region(), some_of(spanned(duty())))
            .prop_map(|(region, needs)| ClaimBody::Every { region, needs }),
    ];
    (string(), spanned(body)).prop_map(|(title, body)| ItemKind::Claim(Claim { title, body }))
}

fn entity() -> impl Strategy<Value = Entity> {
    (name(), few(name()), object()).prop_map(|(name, groups, facts)| Entity {
        name,
        groups,
        facts,
    })
}

fn docs() -> impl Strategy<Value = Vec<Doc>> {
    let text = "( ?[a-z/\"{]([a-z /]{0,8}[a-z/])?)?";
    vec(spanned(text.prop_map(Into::into)), 0..3)
}

fn signature() -> impl Strategy<Value = Signature> {
    (name(), fields(), any::<bool>()).prop_map(|(name, params, open)| Signature {
        name,
        params,
        open,
    })
}

fn returns() -> impl Strategy<Value = Option<Spanned<Vec<Spanned<Field>>>>> {
    option::weighted(0.3, spanned(fields()))
}

fn tool() -> impl Strategy<Value = ItemKind> {
    let mapped = (docs(), signature(), strings(), returns()).prop_map(
        |(docs, signature, templates, returns)| Mapped {
            docs,
            signature,
            templates,
            returns,
        },
    );
    let line =
        (name(), option::of(condition()), strings()).prop_map(|(action, when, templates)| Line {
            action,
            when,
            templates,
        });
    let function =
        (signature(), some_of(spanned(line)), returns()).prop_map(|(signature, lines, returns)| {
            ToolPartKind::Function(Function {
                signature,
                lines,
                returns,
            })
        });
    let kind = prop_oneof![
        (name(), strings()).prop_map(|(action, patterns)| ToolPartKind::Bare { action, patterns }),
        (name(), few(spanned(mapped)))
            .prop_map(|(action, functions)| ToolPartKind::Verb { action, functions }),
        function,
    ];
    let part = (docs(), kind).prop_map(|(docs, kind)| ToolPart { docs, kind });
    (path(), option::of(string()), few(spanned(part))).prop_map(|(path, audience, parts)| {
        ItemKind::Tool(Tool {
            path,
            audience,
            parts,
        })
    })
}

fn setup() -> impl Strategy<Value = Setup> {
    prop_oneof![
        names().prop_map(Setup::Given),
        string().prop_map(Setup::At),
        entity().prop_map(Setup::Agent),
        Just(Setup::UserNone),
        entity().prop_map(Setup::User),
        (name(), object()).prop_map(|(name, facts)| Setup::Task { name, facts }),
        object().prop_map(Setup::Context),
        (string(), object()).prop_map(|(resource, facts)| Setup::Resource { resource, facts }),
    ]
}

fn expect() -> impl Strategy<Value = Spanned<Expect>> {
    let limit = (option::of(length()), few(name()))
        .prop_map(|(lifetime, by)| Limit { lifetime, by })
        .boxed();
    spanned(prop_oneof![
        Just(Expect::Row),
        Just(Expect::Yes),
        Just(Expect::No),
        Just(Expect::Depends),
        limit.clone().prop_map(Expect::Grant),
        (strings(), limit).prop_map(|(to, limit)| Expect::Narrowed { to, limit }),
        (ident(), few(name())).prop_map(|(reason, by)| Expect::Deny { reason, by }),
    ])
}

fn length() -> impl Strategy<Value = Spanned<Length>> {
    prop_oneof![
        3 => duration().prop_map(|duration| duration.map(Length::Of)),
        1 => spanned(column().prop_map(Length::Cell)),
    ]
}

fn column() -> impl Strategy<Value = Name> {
    prop_oneof![3 => ident(), 1 => string()]
}

fn ending() -> impl Strategy<Value = Spanned<Ending>> {
    spanned(prop_oneof![
        object().prop_map(Ending::Result),
        Just(Ending::Fails)
    ])
}

fn rows() -> impl Strategy<Value = Vec<Spanned<Row>>> {
    // Mostly of the same columns, so that they are aligned.
    let cells = prop_oneof![
        2 => (scalar(), scalar()).prop_map(|(a, b)| Object {
            entries: [("a", a), ("tenant", b)]
                .map(|(key, value)| Entry { key: here(key.into()), value: here(value) })
                .into(),
        }),
        1 => object(),
    ];
    let outcome = option::of((expect(), option::of(ending())));
    let row = (string(), cells, outcome).prop_map(|(name, cells, outcome)| {
        let (expect, ending) = outcome.unzip();
        Row {
            name,
            cells,
            expect,
            ending: ending.flatten(),
        }
    });
    few(spanned(row))
}

fn step() -> impl Strategy<Value = Step> {
    let issue = (
        option::of((name(), option::of(name()))),
        path(),
        names(),
        strings(),
        option::of(length()),
        option::of(name()),
        expect(),
    )
        .prop_map(
            |(delegate, tool, actions, resources, lifetime, credential, expect)| Issue {
                with: delegate.as_ref().and_then(|(_, with)| with.clone()),
                delegate: delegate.map(|(agent, _)| agent),
                tool,
                actions,
                resources,
                lifetime,
                credential,
                expect,
            },
        );
    let call = (
        path(),
        object(),
        option::of(name()),
        expect(),
        option::of(ending()),
    )
        .prop_map(|(tool, args, credential, expect, ending)| Call {
            tool,
            args,
            credential,
            expect,
            ending,
        });
    let kind = select(&[RecordKind::Consent, RecordKind::Approval][..]);
    prop_oneof![
        issue.prop_map(|issue| Step::Issue(Box::new(issue))),
        call.prop_map(Step::Call),
        (path(), expect()).prop_map(|(tool, expect)| Step::List { tool, expect }),
        length().prop_map(Step::After),
        name().prop_map(Step::Revoke),
        (
            spanned(kind),
            name(),
            few(name()),
            option::of((path(), object()))
        )
            .prop_map(|(kind, by, groups, call)| Step::Record {
                groups: match kind.node {
                    RecordKind::Consent => Vec::new(),
                    RecordKind::Approval => groups,
                },
                kind,
                by,
                call,
            }),
    ]
}

fn test() -> impl Strategy<Value = ItemKind> {
    let part = prop_oneof![
        setup().prop_map(TestPart::Setup),
        step().prop_map(TestPart::Step),
        rows().prop_map(TestPart::Rows),
    ];
    (string(), vec(spanned(part), 0..6))
        .prop_map(|(title, parts)| ItemKind::Test(Test { title, parts }))
}

fn history() -> impl Strategy<Value = ItemKind> {
    let part = prop_oneof![
        some_of(path()).prop_map(Select::Tool),
        names().prop_map(Select::ActionIn),
        names().prop_map(Select::Action),
        strings().prop_map(Select::Resource),
        names().prop_map(Select::Outcome),
    ];
    let key = select(
        &[
            Key::Task,
            Key::Credential,
            Key::Chain,
            Key::Agent,
            Key::User,
        ][..],
    );
    (
        ident(),
        few(spanned(part)),
        spanned(key),
        option::of(duration()),
    )
        .prop_map(|(name, select, per, within)| {
            ItemKind::History(History {
                name,
                select,
                per,
                within,
            })
        })
}

fn facts() -> impl Strategy<Value = ItemKind> {
    let of = prop_oneof![
        Just(FactsOf::Agent),
        Just(FactsOf::User),
        Just(FactsOf::Task),
        Just(FactsOf::Context),
        strings().prop_map(FactsOf::Resource),
    ];
    let timing = prop_oneof![Just(Timing::Fixed), moment().prop_map(Timing::At)];
    (spanned(of), option::of(spanned(timing)), fields())
        .prop_map(|(of, timing, fields)| ItemKind::Facts(Facts { of, timing, fields }))
}

fn group() -> impl Strategy<Value = ItemKind> {
    let kind = select(&[GroupKind::Agents, GroupKind::Users, GroupKind::Actions][..]);
    let members = prop_oneof![
        Just(Members::Declared),
        Just(Members::FromRequest(here(()))),
        names().prop_map(Members::Listed),
    ];
    (spanned(kind), name(), few(name()), members).prop_map(|(kind, name, groups, members)| {
        ItemKind::Group(Group {
            kind,
            name,
            groups,
            members,
        })
    })
}

fn binding() -> impl Strategy<Value = ItemKind> {
    let param = (ident(), spanned(ty())).prop_map(|(name, ty)| LetParam { name, ty });
    (ident(), few(spanned(param)), condition())
        .prop_map(|(name, params, body)| ItemKind::Let(Let { name, params, body }))
}

fn policy() -> impl Strategy<Value = ItemKind> {
    (name(), any::<u64>(), names(), option::of(duration())).prop_map(
        |(name, language, layers, lifetime)| {
            ItemKind::Policy(Policy {
                name,
                language: Some(here(language)),
                layers,
                lifetime,
            })
        },
    )
}

fn item() -> impl Strategy<Value = Spanned<Item>> {
    let kind = prop_oneof![
        1 => policy(),
        1 => facts(),
        1 => entity().prop_map(ItemKind::Agent),
        1 => group(),
        1 => (name(), names()).prop_map(|(name, groups)| ItemKind::Action(Action { name, groups })),
        2 => tool(),
        1 => binding(),
        1 => history(),
        4 => rule(),
        1 => claim(),
        1 => (name(), few(spanned(setup()))).prop_map(|(name, setup)| ItemKind::Given(Given { name, setup })),
        1 => test(),
    ];
    let note = (ident(), few(spanned(value()))).prop_map(|(name, values)| Note { name, values });
    let notes = vec(spanned(note), 0..2);
    spanned((docs(), notes, kind).prop_map(|(docs, notes, kind)| Item {
        docs,
        notes,
        kind,
        recovered: false,
    }))
}

/// A file.
pub(crate) fn file() -> impl Strategy<Value = File> {
    let layer = (name(), any::<bool>()).prop_map(|(name, default_grant)| Layer {
        name,
        default_grant,
    });
    (option::of(spanned(layer)), vec(item(), 0..5)).prop_map(|(layer, items)| File {
        id: FileId(0),
        layer,
        items,
        recovered: false,
    })
}

/// Indices into the spaces of a text where a line may end.
pub(crate) fn places(most: usize) -> impl Strategy<Value = Vec<usize>> {
    subsequence((0..most).collect::<Vec<_>>(), 0..6)
}
