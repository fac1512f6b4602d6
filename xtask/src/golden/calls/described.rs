//! A message as the records tell it: by number and name of its fields, without those that have their
//! default value.

use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Timestamp, Value as WireValue};
use serde_json::{Map, Value, json};

/// Tells the fields of a message.
pub(super) trait Described {
    fn described(&self) -> Value;
}

/// Lists the fields of messages, number before name.
macro_rules! described {
    ($($message:ty { $($number:literal $field:ident),* $(,)? })*) => {$(
        impl Described for $message {
            fn described(&self) -> Value {
                #[allow(unused_mut, reason = "one message has no fields")]
                let mut fields = Map::new();
                $(
                    if self.$field.is_told() {
                        let name = stringify!($field).trim_start_matches("r#");
                        fields.insert(format!("{} {name}", $number), self.$field.told());
                    }
                )*
                Value::Object(fields)
            }
        }
    )*};
}
pub(super) use described;

/// The value of a field.
pub(super) trait Told {
    /// Whether it is on the wire.
    fn is_told(&self) -> bool;

    fn told(&self) -> Value;
}

macro_rules! scalars {
    ($($scalar:ty)*) => {$(
        impl Told for $scalar {
            fn is_told(&self) -> bool {
                *self != Self::default()
            }

            fn told(&self) -> Value {
                json!(self)
            }
        }
    )*};
}

scalars! { String bool i32 u32 i64 u64 }

impl<M: Described> Told for M {
    fn is_told(&self) -> bool {
        true
    }

    fn told(&self) -> Value {
        self.described()
    }
}

impl<T: Told> Told for Option<T> {
    fn is_told(&self) -> bool {
        self.is_some()
    }

    fn told(&self) -> Value {
        self.as_ref().map_or(Value::Null, Told::told)
    }
}

impl<T: Told> Told for Vec<T> {
    fn is_told(&self) -> bool {
        !self.is_empty()
    }

    fn told(&self) -> Value {
        self.iter().map(Told::told).collect()
    }
}

described! {
    Timestamp { 1 seconds, 2 nanos }
    ListValue { 1 values }
}

/// The entries sorted by key: on the wire they have no order.
impl Described for Struct {
    fn described(&self) -> Value {
        let entries = self.fields.iter();
        let entries: Value = entries
            .map(|(key, value)| json!({ "1 key": key, "2 value": value.described() }))
            .collect();
        if self.fields.is_empty() {
            json!({})
        } else {
            json!({ "1 fields": entries })
        }
    }
}

impl Described for WireValue {
    fn described(&self) -> Value {
        match &self.kind {
            None => json!({}),
            Some(Kind::NullValue(value)) => json!({ "1 null_value": value }),
            Some(Kind::NumberValue(value)) => json!({ "2 number_value": value }),
            Some(Kind::StringValue(value)) => json!({ "3 string_value": value }),
            Some(Kind::BoolValue(value)) => json!({ "4 bool_value": value }),
            Some(Kind::StructValue(value)) => json!({ "5 struct_value": value.described() }),
            Some(Kind::ListValue(value)) => json!({ "6 list_value": value.described() }),
        }
    }
}
