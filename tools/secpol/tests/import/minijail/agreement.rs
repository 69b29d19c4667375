// SPDX-License-Identifier: MIT OR Apache-2.0

//! Random texts: the policy that is made of one decides as the manual page of minijail0 says, or as
//! the compiler's README does.

use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::select, //
};
use secpol::{
    abi::Abi,
    action::Action,
    call::Call,
    import::minijail::Dialect,
    syntax::display,
    tables, //
};

use super::{
    import,
    options,
    Memory, //
};
use crate::{
    agreement::{
        as_taken,
        calls,
        number, //
    },
    meaning,
};

/// Calls whose arguments have all widths and both signs.
const CALLS: &[&str] = &["read", "personality", "mmap", "clone", "fchmodat", "lseek"];
const SIGNS: &[&str] = &["==", "!=", "<", "<=", ">", ">=", "&", "in"];

#[derive(Clone, Debug)]
struct Test {
    index: usize,
    sign: &'static str,
    value: u64,
    /// How the number is written.
    notation: usize,
}

/// Alternatives of conjunctions.
type Condition = Vec<Vec<Test>>;

/// What is behind the colon.
#[derive(Clone, Debug)]
enum Body {
    All,
    Return(u16),
    If(Condition, Option<u16>),
    /// Of the compiler alone.
    Several(Vec<(Option<Condition>, Action)>),
}

impl Test {
    fn text(&self) -> String {
        let Self { value, .. } = self;
        let number = match self.notation {
            0 => format!("{value:#x}"),
            1 if *value != 0 => format!("0{value:o}"),
            2 if *value >> 63 == 1 => format!("-{}", value.wrapping_neg()),
            3 => format!("~{}", !value),
            4 => format!("({:#x}|{})", value & 0xff, value & !0xff),
            _ => value.to_string(),
        };
        format!("arg{} {} {number}", self.index, self.sign)
    }

    fn holds(&self, call: &Call) -> bool {
        let number = call.arguments[self.index];
        let value = self.value;
        match self.sign {
            "==" => number == value,
            "!=" => number != value,
            "<" => number < value,
            "<=" => number <= value,
            ">" => number > value,
            ">=" => number >= value,
            "&" => number & value > 0,
            "in" => number | value == value,
            other => panic!("{other}"),
        }
    }
}

fn text_of(condition: &Condition) -> String {
    let lists = condition.iter().map(|list| {
        let tests: Vec<String> = list.iter().map(Test::text).collect();
        tests.join(" && ")
    });
    lists.collect::<Vec<_>>().join(" || ")
}

fn holds(condition: &Condition, call: &Call) -> bool {
    let holds = |list: &Vec<Test>| list.iter().all(|test| test.holds(call));
    condition.iter().any(holds)
}

fn name(action: Action) -> String {
    match action {
        Action::Allow => "allow".to_string(),
        Action::Log => "log".to_string(),
        Action::Trap(0) => "trap".to_string(),
        Action::KillThread => "kill".to_string(),
        Action::Kill => "kill-process".to_string(),
        Action::Errno(errno) => format!("return {errno}"),
        other => panic!("{other}"),
    }
}

impl Body {
    fn text(&self) -> String {
        match self {
            Self::All => "1".to_string(),
            Self::Return(errno) => format!("return {errno}"),
            Self::If(condition, None) => text_of(condition),
            Self::If(condition, Some(errno)) => format!("{}; return {errno}", text_of(condition)),
            Self::Several(filters) => {
                let filters = filters.iter().map(|(condition, action)| match condition {
                    Some(condition) => format!("{}; {}", text_of(condition), name(*action)),
                    None => name(*action),
                });
                format!("{{ {} }}", filters.collect::<Vec<_>>().join(", "))
            }
        }
    }

    fn decide(&self, call: &Call, dialect: Dialect, refused: Action) -> Action {
        match self {
            Self::All => Action::Allow,
            Self::Return(errno) => Action::Errno(*errno),
            Self::If(condition, errno) => {
                let errno = errno.map(Action::Errno);
                let (yes, no) = match dialect {
                    Dialect::C => (Action::Allow, errno.unwrap_or(refused)),
                    Dialect::Python => (errno.unwrap_or(Action::Allow), refused),
                };
                match holds(condition, call) {
                    true => yes,
                    false => no,
                }
            }
            Self::Several(filters) => {
                let holds = |(condition, _): &&(Option<Condition>, Action)| {
                    condition.as_ref().is_none_or(|it| holds(it, call))
                };
                filters
                    .iter()
                    .find(holds)
                    .map_or(refused, |(_, action)| *action)
            }
        }
    }
}

fn condition() -> impl Strategy<Value = Condition> {
    let test = (0..4usize, select(SIGNS), number(), 0..6usize).prop_map(
        |(index, sign, value, notation)| Test {
            index,
            sign,
            value,
            notation,
        },
    );
    vec(vec(test, 1..3), 1..4)
}

fn action() -> impl Strategy<Value = Action> {
    select(
        &[
            Action::Allow,
            Action::Log,
            Action::Trap(0),
            Action::KillThread,
            Action::Kill,
            Action::Errno(7),
        ][..],
    )
}

fn body(several: bool) -> impl Strategy<Value = Body> {
    let filters = (
        vec((condition().prop_map(Some), action()), 1..4),
        option::of(action()),
    );
    let several_filters = filters.prop_map(|(mut filters, last)| {
        filters.extend(last.map(|action| (None, action)));
        Body::Several(filters)
    });
    prop_oneof![
        1 => Just(Body::All),
        1 => (0..4096u16).prop_map(Body::Return),
        4 => (condition(), option::of(0..4096u16)).prop_map(|(it, errno)| Body::If(it, errno)),
        if several { 4 } else { 0 } => several_filters,
    ]
}

/// As a list of what is refused has them: the only action that is named is an errno.
fn refusing() -> impl Strategy<Value = Body> {
    let errno = || (0..4096u16).prop_map(Action::Errno);
    let several = (
        vec((condition().prop_map(Some), errno()), 1..4),
        option::of(errno()),
    );
    prop_oneof![
        1 => (0..4096u16).prop_map(Body::Return),
        2 => (condition(), option::of(0..4096u16)).prop_map(|(it, errno)| Body::If(it, errno)),
        2 => several.prop_map(|(mut filters, last)| {
            filters.extend(last.map(|action| (None, action)));
            Body::Several(filters)
        }),
    ]
}

fn bodies(several: bool) -> impl Strategy<Value = Vec<Body>> {
    vec(body(several), CALLS.len())
}

fn agrees(
    bodies: &[Body],
    calls: &[(Abi, Call)],
    (head, refused): (&str, Action),
    dialect: Dialect,
    exact: bool,
) -> Result<(), TestCaseError> {
    let lines = CALLS.iter().zip(bodies);
    let lines: Vec<String> = lines
        .map(|(name, body)| format!("{name}: {}\n", body.text()))
        .collect();
    let text = head.to_string() + &lines.concat();
    let imported = match import(&text, &options(dialect, exact), &Memory::default()) {
        Ok(imported) => imported,
        // What the compiler does not make of it is tested elsewhere.
        Err(error) if error.why.contains("the compiler forgets") => return Ok(()),
        Err(error) => return Err(TestCaseError::fail(format!("{text}\n{error}"))),
    };
    let wider = |name: &str| {
        let is_of = |note: &&String| note.contains("with more bits");
        let mut notes = imported.notes.iter().filter(is_of);
        notes.any(|note| note.contains(&format!(" of {name}")))
    };
    let policy = display::text(&imported.items);
    let rules = meaning(&policy, Abi::X86_64);
    for (abi, call) in calls.iter().filter(|(abi, _)| *abi == Abi::X86_64) {
        let known = tables::call_by_number(*abi, call.number).unwrap();
        let place = CALLS.iter().position(|name| *name == known.name).unwrap();
        let taken = match exact {
            true => call.clone(),
            false if wider(known.name) => continue,
            false => as_taken(*abi, call),
        };
        let expected = bodies[place].decide(&taken, dialect, refused);
        let found = rules.decide(call).action;
        prop_assert_eq!(found, expected, "{}\n{}\n{:?}", text, policy, call);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 500,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn minijail0(bodies in bodies(false), calls in calls(CALLS), exact in any::<bool>()) {
        agrees(&bodies, &calls, ("", Action::KillThread), Dialect::C, exact)?;
    }

    #[test]
    fn the_compiler(bodies in bodies(true), calls in calls(CALLS), exact in any::<bool>()) {
        agrees(&bodies, &calls, ("", Action::KillThread), Dialect::Python, exact)?;
    }

    /// With --denylist.
    #[test]
    fn the_compiler_of_what_is_refused(
        bodies in vec(refusing(), CALLS.len()),
        calls in calls(CALLS),
        exact in any::<bool>(),
    ) {
        agrees(&bodies, &calls, ("@denylist\n", Action::Allow), Dialect::Python, exact)?;
    }
}
