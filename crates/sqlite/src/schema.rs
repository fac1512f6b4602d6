//! The tables as diesel sees them; the migrations are the source.

use diesel::sql_types::{Nullable, SingleValue, Text};

diesel::table! {
    /// Numbers are read as 64 bits, because SQLite stores any number anywhere: a narrower type
    /// would cut 65537 down to 1.
    ///
    /// The key of the table is `seq`, which only the search tables name; the one that means
    /// something is the id.
    users (id) {
        seq -> BigInt,
        id -> Text,
        domain_id -> Nullable<Text>,
        email -> Text,
        secret -> Nullable<Text>,
        tags -> Nullable<Text>,
        metadata -> Nullable<Text>,
        created_at -> Nullable<BigInt>,
        updated_at -> Nullable<BigInt>,
        updated_by -> Nullable<Text>,
        status -> BigInt,
        role -> Nullable<BigInt>,
        username -> Nullable<Text>,
        first_name -> Text,
        last_name -> Text,
        profile_picture -> Nullable<Text>,
        verified_at -> Nullable<BigInt>,
        auth_provider -> Nullable<Text>,
        private_metadata -> Nullable<Text>,
        version -> BigInt,
        tokens_valid_from -> Nullable<BigInt>,
        sessions_valid_from -> Nullable<BigInt>,
    }
}

diesel::table! {
    outbox (id) {
        id -> BigInt,
        kind -> Text,
        key -> Text,
        format -> Integer,
        payload -> Text,
        created_at -> BigInt,
        attempts -> BigInt,
        due_at -> Nullable<BigInt>,
        parked_at -> Nullable<BigInt>,
        parked_reason -> Nullable<Text>,
        once -> Nullable<Text>,
    }
}

diesel::table! {
    one_time_codes (digest) {
        digest -> Text,
        purpose -> Text,
        user_id -> Text,
        email -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
        used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    outbox_leases (kind) {
        kind -> Text,
        holder -> Nullable<Text>,
        fence -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    refresh_sessions (id) {
        id -> Text,
        user_id -> Text,
        description -> Nullable<Text>,
        generation -> BigInt,
        created_at -> BigInt,
        expires_at -> BigInt,
        rotated_at -> Nullable<BigInt>,
    }
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// Lower case of ASCII letters.
    fn lower<T: SingleValue>(text: T) -> T;
    /// Where `needle` begins in `text`, counted from 1, or 0.
    fn instr(text: Nullable<Text>, needle: Text) -> Nullable<Integer>;
    /// Whether the first of two JSON values contains the second; registered by `connect`.
    fn metadata_contains(whole: Nullable<Text>, part: Text) -> Bool;
}
