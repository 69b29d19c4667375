// SPDX-License-Identifier: MIT OR Apache-2.0

//! Random values, and ways to write them.

use std::{
    net::{
        IpAddr,
        Ipv4Addr, //
    },
    sync::LazyLock, //
};

use secpol::{
    abi::Abi,
    policy::Target,
    syntax::ast::{
        Item,
        Span,
        Spanned,
        Value,
        ValueKind, //
    },
    tables, //
};

use crate::{
    choices::Choices,
    reference::Reference, //
};

/// The place of what was not read from a text.
pub const NOWHERE: Span = Span {
    file: 0,
    start: 0,
    end: 0,
};

/// Something that was not read from a text.
pub fn nowhere<T>(value: T) -> Spanned<T> {
    Spanned {
        value,
        span: NOWHERE,
    }
}

/// What fields a value is compared with.
#[derive(Clone, Debug)]
pub struct Fields {
    /// An architecture for each, with the bits that the field has there.
    pub widths: Vec<(Abi, u32)>,
    /// Is any of them compared as a signed number?
    pub signed: bool,
    /// Is less, or more, asked for?
    pub ordered: bool,
}

impl Fields {
    fn narrowest(&self) -> u32 {
        self.widths
            .iter()
            .map(|(_, bits)| *bits)
            .min()
            .unwrap_or(32)
    }

    /// The values that fit, for the strictest of the readings.
    fn fit(&self, value: i128) -> bool {
        let bits = self.narrowest();
        let lowest = match (self.ordered, self.signed) {
            (true, false) => 0,
            _ => -1 << (bits - 1),
        };
        let highest = match (self.ordered, self.signed) {
            (true, true) => (1 << (bits - 1)) - 1,
            _ => (1i128 << bits) - 1,
        };
        (lowest..=highest).contains(&value)
    }
}

static CONSTANTS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| tables::constant_names().collect());

/// A value that fits.
pub fn value(choices: &mut Choices, fields: &Fields, defines: &[Item]) -> Value {
    if choices.one_in(4) {
        let named = from(named(choices, defines));
        let mut tried = vec![named.clone()];
        if choices.one_in(3) {
            let other = from(self::named(choices, defines));
            tried.push(from(ValueKind::Union(vec![named, other])));
        }
        if choices.one_in(3) {
            let last = tried.remove(0);
            tried.push(from(ValueKind::Complement(Box::new(last))));
        }
        let fits = |value: &&Value| {
            let mut abis = fields.widths.iter().map(|(abi, _)| *abi);
            abis.all(|abi| can_be(value, abi, defines).is_some_and(|is| fields.fit(is)))
        };
        if let Some(value) = tried.iter().rev().find(fits) {
            return value.clone();
        }
    }
    let bits = choices.edge(fields.narrowest());
    written(choices, fields, bits)
}

/// What a value is on an architecture that has all its constants.
fn can_be(value: &Value, abi: Abi, defines: &[Item]) -> Option<i128> {
    let has_all = match &value.kind {
        ValueKind::Name(name) => {
            let defined = defines.iter().any(|item| match item {
                Item::Directive(secpol::syntax::ast::Directive::Define(defined, _)) => {
                    defined.value == *name
                }
                _ => false,
            });
            defined || name == "NULL" || tables::constant(abi, name).is_some()
        }
        ValueKind::Union(parts) => parts
            .iter()
            .all(|part| can_be(part, abi, defines).is_some()),
        ValueKind::Complement(inner) => can_be(inner, abi, defines).is_some(),
        _ => true,
    };
    let reference = Reference {
        items: defines,
        target: &Target::new(abi),
    };
    has_all.then(|| reference.value(value, abi))
}

fn named(choices: &mut Choices, defines: &[Item]) -> ValueKind {
    if !defines.is_empty() && choices.one_in(2) {
        return ValueKind::Name(format!("D{}", choices.below(defines.len())));
    }
    if choices.one_in(8) {
        return ValueKind::Name("NULL".to_string());
    }
    ValueKind::Name(choices.pick(&CONSTANTS).to_string())
}

/// A value whose lower bits are these, as many as the narrowest of the fields has. Beyond, it has
/// what those have who write it in this way.
pub fn written(choices: &mut Choices, fields: &Fields, bits: u64) -> Value {
    let width = fields.narrowest();
    let all = u64::MAX >> (64 - width);
    let number = |bits: u64| from(ValueKind::Number(bits));
    let complement = |bits: u64| from(ValueKind::Complement(Box::new(number(!bits & all))));
    let mut ways = Vec::new();
    let has_sign = bits >> (width - 1) == 1;
    if !(fields.ordered && fields.signed && has_sign) {
        ways.push(number(bits));
        let part = choices.number() & bits;
        ways.push(from(ValueKind::Union(vec![
            number(part),
            number(bits & !part | part & choices.number()),
        ])));
        if bits.trailing_zeros() < 64 && bits & 1 == 0 {
            let by = choices.below(bits.trailing_zeros() as usize + 1) as u64;
            ways.push(from(ValueKind::Shift(
                Box::new(number(bits >> by)),
                Box::new(number(by)),
            )));
        }
        if width == 32 {
            let address = Ipv4Addr::from(bits as u32);
            ways.push(from(ValueKind::Address(IpAddr::V4(address))));
        }
    }
    if has_sign && (fields.signed || !fields.ordered) {
        ways.push(from(ValueKind::Negative((!bits & all) + 1)));
    }
    ways.push(complement(bits));
    if has_sign {
        let part = choices.number() & bits;
        ways.push(from(ValueKind::Union(vec![
            number(part & (all >> 1)),
            complement(bits),
        ])));
    }
    choices.pick(&ways).clone()
}

/// A value that was not read from a text.
pub fn from(kind: ValueKind) -> Value {
    Value {
        kind,
        span: NOWHERE,
    }
}
