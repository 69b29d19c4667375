// SPDX-License-Identifier: MIT OR Apache-2.0

//! A profile, of which is known by the manual pages alone what it means.

use secpol::{
    abi::Abi,
    action::Action,
    call::Call,
    tables, //
};
use serde_json::{
    json,
    Value, //
};

/// The default, and the rules.
#[derive(Clone, Debug)]
pub struct Profile {
    pub default: Action,
    pub rules: Vec<Rule>,
}

/// A rule for one call.
#[derive(Clone, Debug)]
pub struct Rule {
    pub call: &'static str,
    pub action: Action,
    pub args: Vec<Arg>,
}

/// A comparison.
#[derive(Clone, Debug)]
pub struct Arg {
    pub index: usize,
    pub operator: &'static str,
    pub value: u64,
    pub value_two: u64,
}

/// Two rules that decide differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Torn;

fn action(action: Action) -> (&'static str, Option<u16>) {
    match action {
        Action::Allow => ("SCMP_ACT_ALLOW", None),
        Action::Log => ("SCMP_ACT_LOG", None),
        Action::Errno(errno) => ("SCMP_ACT_ERRNO", Some(errno)),
        Action::Kill => ("SCMP_ACT_KILL_PROCESS", None),
        other => panic!("{other} is not used here"),
    }
}

impl Profile {
    /// Its text.
    pub fn text(&self) -> String {
        let (default, errno) = action(self.default);
        let rules: Vec<Value> = self.rules.iter().map(Rule::json).collect();
        let profile = json!({
            "defaultAction": default,
            "defaultErrnoRet": errno,
            "architectures": ["SCMP_ARCH_X86", "SCMP_ARCH_ARM"],
            "syscalls": rules,
        });
        profile.to_string()
    }

    /// What becomes of a call.
    pub fn decide(&self, abi: Abi, call: &Call) -> Result<Action, Torn> {
        let all = if abi.is_64_bit() {
            u64::MAX
        } else {
            u64::from(u32::MAX)
        };
        let rules = || {
            self.rules
                .iter()
                .filter(|rule| rule.action != self.default)
                .filter(|rule| {
                    tables::call(abi, rule.call).is_some_and(|it| it.number == call.number)
                })
        };
        if let Some(rule) = rules().find(|rule| rule.always_holds(all)) {
            return Ok(rule.action);
        }
        let mut decided = None;
        for rule in rules().filter(|rule| rule.holds(call, all)) {
            if decided.is_some_and(|before| before != rule.action) {
                return Err(Torn);
            }
            decided = Some(rule.action);
        }
        Ok(decided.unwrap_or(self.default))
    }
}

impl Rule {
    fn json(&self) -> Value {
        let (action, errno) = action(self.action);
        let args = self.args.iter().map(|arg| {
            json!({"index": arg.index, "op": arg.operator, "value": arg.value,
                "valueTwo": arg.value_two})
        });
        json!({"names": [self.call], "action": action, "errnoRet": errno,
            "args": args.collect::<Vec<_>>()})
    }

    /// Are two of its comparisons of one argument? Then each is a rule of its own.
    fn is_several(&self) -> bool {
        (0..6).any(|index| self.args.iter().filter(|arg| arg.index == index).count() > 1)
    }

    fn always_holds(&self, all: u64) -> bool {
        let mut args = self.args.iter();
        if self.is_several() {
            args.any(|arg| arg.is_empty(all))
        } else {
            args.all(|arg| arg.is_empty(all))
        }
    }

    fn holds(&self, call: &Call, all: u64) -> bool {
        let mut args = self.args.iter();
        if self.is_several() {
            args.any(|arg| arg.holds(call, all))
        } else {
            args.all(|arg| arg.holds(call, all))
        }
    }
}

impl Arg {
    /// Does nothing of the argument count?
    fn is_empty(&self, all: u64) -> bool {
        self.operator == "SCMP_CMP_MASKED_EQ" && self.value & all == 0
    }

    fn holds(&self, call: &Call, all: u64) -> bool {
        let number = call.arguments[self.index] & all;
        let value = self.value & all;
        match self.operator {
            "SCMP_CMP_EQ" => number == value,
            "SCMP_CMP_NE" => number != value,
            "SCMP_CMP_LT" => number < value,
            "SCMP_CMP_LE" => number <= value,
            "SCMP_CMP_GT" => number > value,
            "SCMP_CMP_GE" => number >= value,
            "SCMP_CMP_MASKED_EQ" => number & value == self.value_two & value,
            other => panic!("{other}"),
        }
    }
}
