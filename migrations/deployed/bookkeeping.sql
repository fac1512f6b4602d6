-- The deployed service's own list of its changes, as it makes it: it stops at any other shape.
CREATE TABLE IF NOT EXISTS gorp_migrations (
    id         text NOT NULL PRIMARY KEY,
    applied_at timestamptz
);
