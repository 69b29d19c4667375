// SPDX-License-Identifier: GPL-2.0-only

//! Says of a condition on one field for which values it holds.

use std::collections::HashMap;

use crate::{
    place::{
        Bit,
        Place, //
    },
    space::{
        Node,
        Space,
        TooHard, //
    }, //
};

/// Some bits of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Field {
    /// The place.
    pub place: Place,
    /// The value there of the lowest bit of the field: 0 to 63.
    pub lowest: u32,
    /// How many bits the field has.
    pub width: u32,
}

impl Field {
    /// All of a place.
    pub fn all(place: Place) -> Self {
        Self {
            place,
            lowest: 0,
            width: 64,
        }
    }

    fn last(&self) -> Bit {
        self.place.bit(self.lowest)
    }

    fn first(&self) -> Bit {
        self.place.bit(self.lowest + self.width - 1)
    }
}

/// The most ways to go on behind a field.
const MAX_WAYS: usize = 64;

impl Space {
    /// The place that a function looks at first, and the value there of the bit.
    pub fn first(&self, node: Node) -> Option<(Place, u32)> {
        self.branch(node).map(|branch| Place::of(branch.bit))
    }

    /// What becomes of a function by the value of a field, which is what it looks at first:
    /// conditions on the field alone, of which one holds, each with what is left of the function
    /// then.
    pub fn split(&mut self, node: Node, field: &Field) -> Result<Vec<(Node, Node)>, TooHard> {
        self.begin();
        let last = field.last();
        let mut rests = Vec::new();
        let mut seen = std::collections::HashSet::from([node]);
        let mut to_do = vec![node];
        while let Some(node) = to_do.pop() {
            match self.branch(node) {
                Some(branch) if branch.bit <= last => {
                    for next in [branch.low, branch.high] {
                        if seen.insert(next) {
                            to_do.push(next);
                        }
                    }
                }
                _ if rests.len() >= MAX_WAYS => return Err(TooHard),
                _ => rests.push(node),
            }
        }
        // In an order that does not depend on that of hashes.
        rests.sort_unstable();
        rests
            .into_iter()
            .map(|rest| {
                let leads = self.leads_to(node, rest, last, &mut HashMap::new())?;
                Ok((leads, rest))
            })
            .collect()
    }

    /// The condition that what is left of a function behind a bit is `rest`.
    fn leads_to(
        &mut self,
        node: Node,
        rest: Node,
        last: Bit,
        known: &mut HashMap<Node, Node>,
    ) -> Result<Node, TooHard> {
        let Some(branch) = self.branch(node).filter(|branch| branch.bit <= last) else {
            return Ok(Node::constant(node == rest));
        };
        if let Some(found) = known.get(&node) {
            return Ok(*found);
        }
        self.step()?;
        let low = self.leads_to(branch.low, rest, last, known)?;
        let high = self.leads_to(branch.high, rest, last, known)?;
        let found = self.make(branch.bit, low, high)?;
        known.insert(node, found);
        Ok(found)
    }

    /// The values of a field for which a condition on it holds, as masks with what is there:
    /// each value is of one of these. `None` if there are more than `most`.
    pub fn masks(&self, condition: Node, field: &Field, most: usize) -> Option<Vec<(u64, u64)>> {
        let mut masks = Vec::new();
        self.add_masks(condition, field, (0, 0), most, &mut masks)?;
        Some(masks)
    }

    fn add_masks(
        &self,
        node: Node,
        field: &Field,
        (mask, value): (u64, u64),
        most: usize,
        masks: &mut Vec<(u64, u64)>,
    ) -> Option<()> {
        let Some(branch) = self.branch(node) else {
            if node == Node::NO {
                return Some(());
            }
            masks.push((mask, value));
            return (masks.len() <= most).then_some(());
        };
        let (_, place) = Place::of(branch.bit);
        let bit = 1u64.checked_shl(place.checked_sub(field.lowest)?)?;
        self.add_masks(branch.low, field, (mask | bit, value), most, masks)?;
        self.add_masks(branch.high, field, (mask | bit, value | bit), most, masks)
    }

    /// The same, as ranges from a value to another, in rising order. If the field is `signed`, its
    /// highest bit is turned round in all values: so they are in the order of signed numbers.
    pub fn ranges(
        &self,
        condition: Node,
        field: &Field,
        signed: bool,
        most: usize,
    ) -> Option<Vec<(u64, u64)>> {
        let mut ranges = Vec::new();
        let top = signed.then_some(field.first());
        self.add_ranges(condition, field, top, (field.width, 0), most, &mut ranges)?;
        Some(ranges)
    }

    /// Adds those of values that have what is in `base` above their lowest `width` bits.
    fn add_ranges(
        &self,
        node: Node,
        field: &Field,
        top: Option<Bit>,
        (width, base): (u32, u64),
        most: usize,
        ranges: &mut Vec<(u64, u64)>,
    ) -> Option<()> {
        if node == Node::NO {
            return Some(());
        }
        if node == Node::YES {
            let last = base | u64::MAX.checked_shr(64 - width).unwrap_or(0);
            match ranges.last_mut() {
                Some(before) if before.1.checked_add(1) == Some(base) => before.1 = last,
                _ => ranges.push((base, last)),
            }
            return (ranges.len() <= most).then_some(());
        }
        let width = width.checked_sub(1)?;
        let bit = field.place.bit(field.lowest + width);
        let (mut low, mut high) = self.ways(node, bit);
        if top == Some(bit) {
            std::mem::swap(&mut low, &mut high);
        }
        self.add_ranges(low, field, top, (width, base), most, ranges)?;
        self.add_ranges(high, field, top, (width, base | (1 << width)), most, ranges)
    }

    /// The bits of a field that a condition depends on.
    pub fn support(&self, condition: Node, field: &Field) -> u64 {
        let bits = self.parts(condition).into_iter();
        bits.filter_map(|part| self.branch(part))
            .filter_map(|branch| Place::of(branch.bit).1.checked_sub(field.lowest))
            .fold(0, |support, value| {
                support | 1u64.checked_shl(value).unwrap_or(0)
            })
    }

    /// The condition that another does not hold.
    pub fn negation(&mut self, condition: Node) -> Result<Node, TooHard> {
        self.begin();
        self.not(condition)
    }
}
