//! Accounts.

use diesel::sql_types::{Nullable, Text, Timestamptz};

diesel::table! {
    /// `status` and `role` are read as 64 bits, and every column of the deployed service but the key
    /// as if it could be NULL: an operator may have made the columns wider than that service did,
    /// and may have dropped NOT NULL.
    users (id) {
        id -> Text,
        email -> Nullable<Text>,
        secret -> Nullable<Text>,
        tags -> Nullable<Array<Nullable<Text>>>,
        metadata -> Nullable<Jsonb>,
        created_at -> Nullable<Timestamptz>,
        updated_at -> Nullable<Timestamptz>,
        updated_by -> Nullable<Text>,
        status -> Nullable<BigInt>,
        role -> Nullable<BigInt>,
        username -> Nullable<Text>,
        first_name -> Nullable<Text>,
        last_name -> Nullable<Text>,
        profile_picture -> Nullable<Text>,
        verified_at -> Nullable<Timestamptz>,
        auth_provider -> Nullable<Text>,
        private_metadata -> Nullable<Jsonb>,
        version -> BigInt,
        tokens_valid_from -> Nullable<BigInt>,
        sessions_valid_from -> Nullable<BigInt>,
    }
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// The first that is not NULL.
    fn coalesce(
        first: Nullable<Timestamptz>,
        second: Nullable<Timestamptz>,
    ) -> Nullable<Timestamptz>;
    /// Lower case; of ASCII letters only where the text is compared byte for byte.
    fn lower(text: Nullable<Text>) -> Nullable<Text>;
}

diesel::postfix_operator!(ByteForByte, " COLLATE \"C\"", Nullable<Text>);

/// A text that compares and sorts byte for byte, whatever the database's collation is.
pub(crate) fn bytewise<T>(text: T) -> ByteForByte<T>
where
    T: diesel::Expression<SqlType = Nullable<Text>>,
{
    ByteForByte::new(text)
}
