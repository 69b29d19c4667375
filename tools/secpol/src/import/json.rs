// SPDX-License-Identifier: MIT OR Apache-2.0

//! A value in a JSON text, that knows where it is.

use serde_json::{
    Map,
    Value, //
};

use super::{
    quoted,
    Error, //
};
use crate::syntax::parser::LONGEST_TEXT;

/// A value, and where it is.
#[derive(Clone, Debug)]
pub(super) struct Place<'a> {
    value: &'a Value,
    path: String,
}

/// The members of an object, all of which are known.
pub(super) struct Members<'a> {
    map: &'a Map<String, Value>,
    path: String,
}

/// The value that a text is.
pub(super) fn parse(text: &str) -> Result<Value, Error> {
    if text.len() > LONGEST_TEXT {
        return Err(Error {
            path: String::new(),
            why: format!("longer than {LONGEST_TEXT} bytes"),
        });
    }
    serde_json::from_str(text).map_err(|error| Error {
        path: String::new(),
        why: format!("no JSON: {error}"),
    })
}

impl<'a> Place<'a> {
    /// The whole.
    pub(super) fn root(value: &'a Value) -> Self {
        Self {
            value,
            path: String::new(),
        }
    }

    /// Says that it is wrong.
    pub(super) fn error(&self, why: impl Into<String>) -> Error {
        Error {
            path: self.path.clone(),
            why: why.into(),
        }
    }

    /// Where it is.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Its member of this name, if it is an object that has one.
    pub(super) fn member(&self, name: &str) -> Option<Self> {
        let value = self.value.get(name)?;
        (!value.is_null()).then(|| Self {
            value,
            path: member(&self.path, name),
        })
    }

    /// Its members. One that is not known may mean anything, so it is an error.
    pub(super) fn members(&self, known: &[&str]) -> Result<Members<'a>, Error> {
        let Some(map) = self.value.as_object() else {
            return Err(self.error("not an object"));
        };
        if let Some(name) = map.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(Error {
                path: member(&self.path, &quoted(name)),
                why: format!("not known; known are {}", known.join(", ")),
            });
        }
        Ok(Members {
            map,
            path: self.path.clone(),
        })
    }

    /// What is in the array.
    pub(super) fn elements(&self) -> Result<Vec<Self>, Error> {
        let Some(values) = self.value.as_array() else {
            return Err(self.error("not an array"));
        };
        let places = values.iter().enumerate().map(|(index, value)| Self {
            value,
            path: format!("{}[{index}]", self.path),
        });
        Ok(places.collect())
    }

    /// The text that it is.
    pub(super) fn text(&self) -> Result<&'a str, Error> {
        self.value.as_str().ok_or_else(|| self.error("not a text"))
    }

    /// The number that it is, from 0 to `highest`.
    pub(super) fn number(&self, highest: u64) -> Result<u64, Error> {
        self.value
            .as_u64()
            .filter(|number| *number <= highest)
            .ok_or_else(|| self.error(format!("not a number from 0 to {highest}")))
    }
}

impl<'a> Members<'a> {
    /// The member of this name. `null` is as good as none.
    pub(super) fn get(&self, name: &str) -> Option<Place<'a>> {
        let value = self.map.get(name)?;
        (!value.is_null()).then(|| Place {
            value,
            path: member(&self.path, name),
        })
    }

    /// The member of this name, which must be there.
    pub(super) fn required(&self, name: &str) -> Result<Place<'a>, Error> {
        self.get(name).ok_or_else(|| Error {
            path: self.path.clone(),
            why: format!("there is no {name}"),
        })
    }

    /// What is in the array of this name; nothing, if there is none.
    pub(super) fn elements(&self, name: &str) -> Result<Vec<Place<'a>>, Error> {
        self.get(name)
            .map_or(Ok(Vec::new()), |place| place.elements())
    }

    /// The texts in the array of this name; none, if there is none.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, Error> {
        self.elements(name)?
            .iter()
            .map(|place| place.text().map(str::to_string))
            .collect()
    }
}

fn member(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_string()
    } else {
        format!("{path}.{name}")
    }
}
