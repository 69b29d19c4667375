// SPDX-License-Identifier: MIT OR Apache-2.0

//! Finds ways around a policy: calls that do what others do whose arguments it tests.

use crate::{
    abi::Abi,
    call::Call,
    diagnostic::Diagnostic,
    rules::{
        Alternative,
        Condition,
        Decision,
        Rule,
        Rules,
        Section,
        Test,
        EA, //
    },
    tables, //
};

/// Calls of which each does what the others do, as far as policies look at it.
const SAME_EFFECT: &[(&str, &[&str])] = &[
    ("makes processes and namespaces", &["clone", "clone3"]),
    (
        "opens files",
        &["open", "openat", "openat2", "creat", "open_by_handle_at"],
    ),
    (
        "sends to an address",
        &["sendto", "sendmsg", "sendmmsg", "socketcall"],
    ),
    ("connects sockets", &["connect", "socketcall"]),
    ("gives sockets an address", &["bind", "socketcall"]),
    ("makes sockets", &["socket", "socketcall"]),
    ("executes programs", &["execve", "execveat"]),
    (
        "changes modes",
        &["chmod", "fchmod", "fchmodat", "fchmodat2"],
    ),
    (
        "changes owners",
        &[
            "chown", "lchown", "fchown", "fchownat", "chown32", "lchown32", "fchown32",
        ],
    ),
    ("makes device nodes", &["mknod", "mknodat"]),
    ("enters namespaces", &["unshare", "setns"]),
    ("changes mounts", &["mount_setattr", "open_tree_attr"]),
    (
        "sends signals",
        &[
            "kill",
            "tkill",
            "tgkill",
            "rt_sigqueueinfo",
            "rt_tgsigqueueinfo",
            "pidfd_send_signal",
        ],
    ),
    ("changes limits", &["setrlimit", "prlimit64"]),
    ("maps memory", &["mmap", "mmap2"]),
    ("changes protections", &["mprotect", "pkey_mprotect"]),
    (
        "sets extended attributes",
        &["setxattr", "lsetxattr", "fsetxattr", "setxattrat"],
    ),
    ("controls files", &["fcntl", "fcntl64"]),
];

/// A ring makes calls that no filter sees.
const RINGS: &[&str] = &["io_uring_setup", "io_uring_enter"];
/// What io_uring can do as well.
const IN_RINGS: &[&str] = &[
    "openat",
    "openat2",
    "connect",
    "bind",
    "sendto",
    "sendmsg",
    "socket",
    "setxattr",
    "fsetxattr",
];

/// Of the calls that a policy tests, the ways to have the same effect without the test. There may
/// be others: only those of a list are known.
pub fn ways_around(rules: &Rules) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for section in &rules.sections {
        for (effect, calls) in SAME_EFFECT {
            pairs(section, effect, calls, &mut found);
        }
        // What a policy says of rings holds for all that they can do.
        if rules.rings.is_none() {
            ring(section, &mut found);
        }
    }
    found
}

fn pairs(section: &Section, effect: &str, calls: &[&str], found: &mut Vec<Diagnostic>) {
    let Some((tested, place)) = calls.iter().find_map(|call| {
        let rule = rule(section, call)?;
        let place = tested(&rule)?;
        let is_hole = *call != "openat2" || !lets_through_older(section.abi, &rule);
        is_hole.then_some((call, place))
    }) else {
        return;
    };
    for call in calls.iter().filter(|call| *call != tested) {
        let Some(open) = rule(section, call).and_then(|rule| untested(&rule)) else {
            continue;
        };
        let diagnostic = Diagnostic::warning(format!(
            "{tested} is tested, and {call}, which {effect} as well, is allowed whatever it does{}",
            on(section.abi)
        ));
        found.push(places(diagnostic, &open, call, &place, tested));
    }
}

fn ring(section: &Section, found: &mut Vec<Diagnostic>) {
    let open = RINGS
        .iter()
        .find_map(|call| Some((call, rule(section, call).and_then(|rule| untested(&rule))?)));
    let tested = IN_RINGS
        .iter()
        .find_map(|call| Some((call, tested(rule(section, call)?.as_ref())?)));
    if let (Some((ring, open)), Some((tested, place))) = (open, tested) {
        let diagnostic = Diagnostic::warning(format!(
            "{tested} is tested, and {ring} is allowed: no filter sees what a ring does{}",
            on(section.abi)
        ));
        let diagnostic = places(diagnostic, &open, ring, &place, tested);
        found.push(diagnostic.help("or hold rings to the same: @io_uring like-calls"));
    }
}

fn on(abi: Abi) -> String {
    match Abi::native() {
        Some(native) if native == abi => String::new(),
        _ => format!(" (on {})", abi.name()),
    }
}

fn places(
    mut diagnostic: Diagnostic,
    open: &Decision,
    call: &str,
    place: &Decision,
    tested: &str,
) -> Diagnostic {
    if let Some(span) = open.origin {
        diagnostic = diagnostic.at(span, format!("allows {call}"));
    }
    if let Some(span) = place.origin {
        diagnostic = diagnostic.at(span, format!("tests {tested}"));
    }
    diagnostic.help(format!("test {call} as well, or refuse it"))
}

fn rule(section: &Section, call: &str) -> Option<std::rc::Rc<Rule>> {
    Some(section.rule(tables::call(section.abi, call)?.number))
}

/// Where a call is allowed by its arguments, and otherwise refused.
fn tested(rule: &Rule) -> Option<Decision> {
    if untested(rule).is_some() {
        return None;
    }
    rule.alternatives
        .iter()
        .find_map(|alternative| match alternative {
            Alternative::If {
                then, otherwise, ..
            } => [Some(*then), *otherwise]
                .into_iter()
                .flatten()
                .find(|decision| decision.action.lets_through()),
            Alternative::Always(_) => None,
        })
}

/// Does the rule for openat2() let through whatever open() can be asked for? Then it refuses only
/// what openat2() alone has, and to allow open() is no way around it.
fn lets_through_older(abi: Abi, rule: &Rule) -> bool {
    match rule.alternatives.first() {
        Some(Alternative::If {
            condition, then, ..
        }) => then.action.lets_through() && holds_for_older(condition, tables::open_flags(abi)),
        _ => false,
    }
}

/// Does it hold for every `struct open_how` with any of these flags, any mode, and nothing else?
fn holds_for_older(condition: &Condition, flags: u64) -> bool {
    match condition {
        Condition::All(conditions) => conditions.iter().all(|one| holds_for_older(one, flags)),
        Condition::Any(conditions) => conditions.iter().any(|one| holds_for_older(one, flags)),
        Condition::Not(_) | Condition::Test(_) => {
            let are_zero = |test: &Test| match test.field.offset.checked_sub(EA) {
                Some(0) if test.field.bytes == 8 => test.mask & flags == 0,
                Some(16) if test.field.bytes == 8 => true,
                _ => false,
            };
            condition.tests().into_iter().all(are_zero) && condition.holds(&Call::default())
        }
    }
}

/// Where a call is allowed, whatever its arguments are.
fn untested(rule: &Rule) -> Option<Decision> {
    let mut last = None;
    for alternative in &rule.alternatives {
        match alternative {
            Alternative::Always(decision) => {
                return decision.action.lets_through().then_some(*decision);
            }
            Alternative::If {
                then, otherwise, ..
            } => {
                if !then.action.lets_through() {
                    return None;
                }
                if let Some(otherwise) = otherwise {
                    return otherwise.action.lets_through().then_some(*otherwise);
                }
                last = Some(*then);
            }
        }
    }
    rule.default
        .action
        .lets_through()
        .then_some(last.unwrap_or(rule.default))
}
