// SPDX-License-Identifier: MIT OR Apache-2.0

//! Random policies and texts.

use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::select, //
};
use secpol::syntax::{
    ast::{
        Action,
        Alternative,
        Directive,
        Expression,
        Field,
        Item,
        Name,
        Operator,
        Rule,
        Span,
        Spanned,
        Test,
        Value,
        ValueKind, //
    },
    parser::DIRECTIVES, //
};

const NOWHERE: Span = Span {
    file: 0,
    start: 0,
    end: 0,
};

fn nowhere<T>(value: T) -> Spanned<T> {
    Spanned {
        value,
        span: NOWHERE,
    }
}

fn name() -> impl Strategy<Value = Name> {
    // Words of the language are more of a danger than others.
    let word = select(vec![
        "allow", "errno", "kill", "size", "arch", "log", "return", "not", "and", "_", "fd", "A1",
    ]);
    prop_oneof![
        word.prop_map(str::to_owned),
        "[A-Za-z_][A-Za-z0-9_]{0,8}".prop_filter("reserved", |name| name != "in" && name != "else"),
    ]
    .prop_map(nowhere)
}

fn hyphenated() -> impl Strategy<Value = Name> {
    "[A-Za-z_][A-Za-z0-9_]{0,4}(-[A-Za-z0-9_]{1,4}){0,2}".prop_map(nowhere)
}

fn group_name() -> impl Strategy<Value = Name> {
    hyphenated().prop_filter("a directive", |name| {
        !DIRECTIVES.contains(&name.value.as_str())
    })
}

fn target() -> impl Strategy<Value = Name> {
    prop_oneof![
        name(),
        group_name().prop_map(|name| nowhere(format!("@{}", name.value)))
    ]
}

fn from(kind: ValueKind) -> Value {
    Value {
        kind,
        span: NOWHERE,
    }
}

fn value() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        0..20u64,
        any::<u64>(),
        (0..64u32).prop_map(|bit| 1u64 << bit)
    ];
    let leaf = prop_oneof![
        number.prop_map(ValueKind::Number),
        (0..=1u64 << 63).prop_map(ValueKind::Negative),
        name().prop_map(|name| ValueKind::Name(name.value)),
        any::<std::net::IpAddr>().prop_map(ValueKind::Address),
    ];
    leaf.prop_map(from).prop_recursive(5, 20, 4, |inner| {
        prop_oneof![
            inner
                .clone()
                .prop_map(|value| ValueKind::Complement(Box::new(value))),
            vec(inner.clone(), 2..4).prop_map(ValueKind::Union),
            (inner.clone(), inner).prop_map(|(shifted, by)| {
                ValueKind::Shift(Box::new(shifted), Box::new(by)) //
            }),
        ]
        .prop_map(from)
    })
}

fn action() -> impl Strategy<Value = Spanned<Action>> {
    prop_oneof![
        select(vec![
            Action::Allow,
            Action::Log,
            Action::Notify,
            Action::Kill,
            Action::KillThread,
        ]),
        value().prop_map(Action::Errno),
        value().prop_map(Action::Trap),
        value().prop_map(Action::Trace),
    ]
    .prop_map(nowhere)
}

fn test() -> impl Strategy<Value = Test> {
    let operator = select(vec![
        Operator::Equal,
        Operator::NotEqual,
        Operator::Less,
        Operator::LessOrEqual,
        Operator::Greater,
        Operator::GreaterOrEqual,
        Operator::In,
    ]);
    let member = prop_oneof![
        name(),
        select(vec!["in", "else"]).prop_map(|n| nowhere(n.into()))
    ];
    let field = (any::<bool>(), name(), vec(member, 0..3)).prop_map(|(size, first, mut path)| {
        path.insert(0, first);
        Field {
            size,
            path,
            span: NOWHERE,
        }
    });
    (field, option::of(value()), operator, value()).prop_map(|(field, mask, operator, value)| {
        Test {
            field,
            mask,
            operator,
            value,
            span: NOWHERE,
        }
    })
}

fn expression() -> impl Strategy<Value = Expression> {
    test()
        .prop_map(Expression::Test)
        .prop_recursive(5, 20, 4, |inner| {
            prop_oneof![
                vec(inner.clone(), 2..4).prop_map(Expression::Any),
                vec(inner.clone(), 2..4).prop_map(Expression::All),
                inner.prop_map(|inner| Expression::Not(Box::new(inner))),
            ]
        })
}

fn alternative() -> impl Strategy<Value = Alternative> {
    let tested = (expression(), option::of(action()), option::of(action()));
    prop_oneof![
        action().prop_map(Alternative::Always),
        tested.prop_map(|(expression, then, otherwise)| Alternative::If {
            expression,
            then,
            otherwise,
        }),
    ]
}

fn directive() -> impl Strategy<Value = Directive> {
    let member = prop_oneof![
        name(),
        hyphenated().prop_map(|name| nowhere(format!("@{}", name.value))),
    ];
    let path = prop_oneof!["[a-z/.]{1,9}", r##"[ a#"\\{é)@:]{1,9}"##];
    prop_oneof![
        action().prop_map(Directive::Default),
        action().prop_map(Directive::Unknown),
        "[1-9]{1,2}\\.[0-9]{1,3}(\\.[0-9]{1,3})?".prop_map(|v| Directive::Kernel(nowhere(v))),
        vec(hyphenated(), 1..4).prop_map(Directive::Arch),
        path.prop_map(|path| Directive::Include(nowhere(path))),
        (name(), value()).prop_map(|(name, value)| Directive::Define(name, value)),
        (group_name(), vec(member, 1..30)).prop_map(|(name, all)| Directive::Group(name, all)),
        (name(), action()).prop_map(|(call, action)| Directive::Fallback(call, action)),
        vec(hyphenated(), 1..30).prop_map(Directive::IoUring),
        Just(Directive::Complain(NOWHERE)),
        Just(Directive::Unrestricted(NOWHERE)),
    ]
}

fn rule() -> impl Strategy<Value = Rule> {
    (target(), vec(hyphenated(), 0..3), vec(alternative(), 1..4)).prop_map(
        |(target, arches, body)| Rule {
            target,
            arches,
            body,
            span: NOWHERE,
        },
    )
}

/// Random policies.
pub fn items() -> impl Strategy<Value = Vec<Item>> {
    vec(
        prop_oneof![
            1 => directive().prop_map(Item::Directive),
            2 => rule().prop_map(Item::Rule),
        ],
        0..4,
    )
}

/// Random sequences of what policies are made of.
pub fn words() -> impl Strategy<Value = String> {
    let printable = "read fd read: fd == 0 { } ( ) @ @include @define @default @group @arch 7.3 \
        @kernel @fallback @complain @basic-io allow errno errno(EPERM) kill-thread kill trap( 1 \
        0x 089 18446744073709551616 1.2.3.4 [::1] [:: [arch= [ ] ( ) { } : , . .. = == != < <= > \
        >= in & && | || ! !( ~ - -> else << ; return and not size size( \" \"a\" \\ # é";
    let other = [
        "\n", "\n", "\n", "\r\n", "\r", "\t", "\u{feff}", "\u{202e}", "\0",
    ];
    let whole = [
        "read: fd == 0",
        "fd == 0 ->",
        "fd == 0 else",
        "a: {",
        "b & c == 1,",
    ];
    let words: Vec<_> = printable.split(' ').chain(other).chain(whole).collect();
    let word = select(words);
    vec((word, select(vec!["", " "])), 0..40).prop_map(|words| {
        words
            .into_iter()
            .flat_map(|(word, blank)| [word, blank])
            .collect() //
    })
}
