//! What must leave the process, and who carries it out.

diesel::table! {
    /// `id` is the server's to give.
    outbox (id) {
        id -> BigInt,
        kind -> Text,
        key -> Text,
        format -> Integer,
        payload -> Text,
        created_at -> Timestamptz,
        attempts -> BigInt,
        due_at -> Nullable<Timestamptz>,
        parked_at -> Nullable<Timestamptz>,
        parked_reason -> Nullable<Text>,
        once -> Nullable<Text>,
    }
}

diesel::table! {
    outbox_leases (kind) {
        kind -> Text,
        holder -> Nullable<Text>,
        fence -> BigInt,
        expires_at -> Timestamptz,
    }
}
