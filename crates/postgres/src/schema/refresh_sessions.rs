//! Sessions of an in-process token issuer.

diesel::table! {
    refresh_sessions (id) {
        id -> Text,
        user_id -> Text,
        description -> Nullable<Text>,
        generation -> BigInt,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        rotated_at -> Nullable<Timestamptz>,
    }
}
