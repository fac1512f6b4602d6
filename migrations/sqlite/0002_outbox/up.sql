-- What must leave the process, committed with the rows that caused it. Times are integers:
-- microseconds since 1970-01-01T00:00:00Z.
CREATE TABLE outbox (
    id            integer NOT NULL CONSTRAINT outbox_id_pkey PRIMARY KEY AUTOINCREMENT,
    kind          text    NOT NULL,
    key           text    NOT NULL,
    format        integer NOT NULL,
    payload       text    NOT NULL,
    created_at    integer NOT NULL,
    attempts      integer NOT NULL DEFAULT 0,
    due_at        integer,              -- NULL: never tried, due at once
    parked_at     integer,              -- NULL: to be carried out
    parked_reason text
) STRICT;

-- What is to be carried out, in order, and how much that is; the time stands in it so that a claim
-- passes over waiting items without reading them.
CREATE INDEX outbox_kind_parked_at_id_due_at_idx ON outbox (kind, parked_at, id, due_at);

-- Which keys are held back by an item that waits for its retry: few rows, however long the backlog.
CREATE INDEX outbox_kind_key_id_idx ON outbox (kind, key, id)
    WHERE due_at IS NOT NULL AND parked_at IS NULL;

-- Who carries out a kind at present. The row stays when a lease ends, so that the fence only rises.
CREATE TABLE outbox_leases (
    kind       text    NOT NULL,
    holder     text,                    -- NULL: given back
    fence      integer NOT NULL,
    expires_at integer NOT NULL,
    CONSTRAINT outbox_leases_kind_pkey PRIMARY KEY (kind)
) STRICT;
