//! Values as Postgres sends and takes them. They are read as raw bytes, so that no row fails in the
//! driver, whatever an older program or an operator left in it.

use std::fmt;
use std::io::Write as _;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Array, BigInt, Jsonb, Nullable, Text};

/// Text of any of Postgres's text types.
#[derive(Clone, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub(crate) struct StoredText(pub(crate) String);

/// JSON: Postgres keeps its meaning, and writes it in its own form.
#[derive(Clone, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Jsonb)]
pub(crate) struct StoredJson(pub(crate) String);

/// The texts of an array of any dimensions, in order; NULL reads as the empty text, as it always
/// has been.
#[derive(Clone, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Array<Nullable<Text>>)]
pub(crate) struct StoredTags(pub(crate) Vec<String>);

/// A whole number of any width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = BigInt)]
pub(crate) struct StoredNumber(pub(crate) i64);

/// They hold personal data and hashes: never printed.
macro_rules! never_printed {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(***)"))
            }
        }
    )+};
}
never_printed!(StoredText, StoredJson, StoredTags);

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl StoredText {
    pub(crate) fn from_text(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl FromSql<Text, Pg> for StoredText {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(text(value.as_bytes())))
    }
}

impl ToSql<Text, Pg> for StoredText {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <str as ToSql<Text, Pg>>::to_sql(&self.0, out)
    }
}

/// The first byte of `jsonb`; behind it comes the text.
pub(crate) const JSONB_VERSION: u8 = 1;

impl FromSql<Jsonb, Pg> for StoredJson {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let bytes = value.as_bytes();
        // A column of type `json` has no such byte, and no JSON text begins with it.
        Ok(Self(text(
            bytes.strip_prefix(&[JSONB_VERSION]).unwrap_or(bytes),
        )))
    }
}

impl ToSql<Jsonb, Pg> for StoredJson {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&[JSONB_VERSION])?;
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<BigInt, Pg> for StoredNumber {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let bytes = value.as_bytes();
        if !matches!(bytes.len(), 2 | 4 | 8) {
            // No number that anything means.
            return Ok(Self(i64::MAX));
        }
        // Two's complement, the greatest byte first: what is narrower is filled up with the sign.
        let is_negative = bytes.first().is_some_and(|byte| byte & 0x80 != 0);
        let sign = if is_negative { -1 } else { 0 };
        let number = bytes
            .iter()
            .fold(sign, |number, byte| number << 8 | i64::from(*byte));
        Ok(Self(number))
    }
}

impl ToSql<BigInt, Pg> for StoredNumber {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <i64 as ToSql<BigInt, Pg>>::to_sql(&self.0, out)
    }
}

/// The type `text`, as arrays name it.
const TEXT_OID: i32 = 25;
/// What stands for the length of NULL.
const NULL_LENGTH: i32 = -1;

impl FromSql<Array<Nullable<Text>>, Pg> for StoredTags {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        // What does not read as an array holds no tags.
        Ok(Self(elements(value.as_bytes()).unwrap_or_default()))
    }
}

/// The elements of an array: number of dimensions, whether there are NULLs, type, size and lower
/// bound of each dimension, then each element behind its length.
fn elements(mut bytes: &[u8]) -> Option<Vec<String>> {
    let dimensions = u32::try_from(number(&mut bytes)?).ok()?;
    let _has_nulls = number(&mut bytes)?;
    let _element_type = number(&mut bytes)?;
    for _ in 0..dimensions {
        let _size = number(&mut bytes)?;
        let _lower_bound = number(&mut bytes)?;
    }
    let mut elements = Vec::new();
    while !bytes.is_empty() {
        let length = number(&mut bytes)?;
        if length == NULL_LENGTH {
            elements.push(String::new());
            continue;
        }
        let (element, rest) = bytes.split_at_checked(usize::try_from(length).ok()?)?;
        elements.push(text(element));
        bytes = rest;
    }
    Some(elements)
}

fn number(bytes: &mut &[u8]) -> Option<i32> {
    let (number, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(i32::from_be_bytes(*number))
}

impl ToSql<Array<Nullable<Text>>, Pg> for StoredTags {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let mut array = Vec::new();
        write_array(&self.0, &mut array);
        out.write_all(&array)?;
        Ok(IsNull::No)
    }
}

/// Texts as an array that Postgres takes.
pub(crate) fn write_array(texts: &[String], out: &mut Vec<u8>) {
    let mut put = |number: i32| out.extend_from_slice(&number.to_be_bytes());
    let (no_nulls, lower_bound) = (0, 1);
    if texts.is_empty() {
        [0, no_nulls, TEXT_OID].into_iter().for_each(put);
        return;
    }
    for number in [1, no_nulls, TEXT_OID, length(texts.len()), lower_bound] {
        put(number);
    }
    for text in texts {
        out.extend_from_slice(&length(text.len()).to_be_bytes());
        out.extend_from_slice(text.as_bytes());
    }
}

/// A length as Postgres counts it. What is longer than that it refuses by any length.
pub(crate) fn length(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_array_holds_no_elements() {
        for odd in [&[][..], &[0], &[0, 0, 0, 1], &[255; 40]] {
            assert_eq!(elements(odd), None, "{odd:?}");
        }
        let cut = [
            0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 25, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9, b'a',
        ];
        assert_eq!(elements(&cut), None);
    }

    #[test]
    fn null_reads_as_the_empty_text() {
        let array = [
            0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 25, 0, 0, 0, 2, 0, 0, 0, 7, 255, 255, 255, 255, 0, 0,
            0, 1, b'a',
        ];
        assert_eq!(elements(&array).unwrap(), ["", "a"]);
    }

    #[test]
    fn nothing_personal_is_printed() {
        let printed = format!(
            "{:?}{:?}{:?}",
            StoredText::from_text("ada"),
            StoredJson("ada".to_owned()),
            StoredTags(vec!["ada".to_owned()]),
        );
        assert!(!printed.contains("ada"), "{printed}");
    }
}
