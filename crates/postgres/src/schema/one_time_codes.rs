//! Codes that were mailed: ours, and those of the deployed service.

diesel::table! {
    one_time_codes (digest) {
        digest -> Text,
        purpose -> Text,
        user_id -> Text,
        email -> Text,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    /// The table has no key; diesel wants one named.
    users_verifications (user_id, email, created_at) {
        user_id -> Text,
        email -> Text,
        otp -> Nullable<Text>,
        created_at -> Nullable<Timestamptz>,
        expires_at -> Nullable<Timestamptz>,
        used_at -> Nullable<Timestamptz>,
    }
}
