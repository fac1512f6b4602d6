-- What must leave the process, committed with the rows that caused it.
CREATE TABLE outbox (
    id            bigint      GENERATED ALWAYS AS IDENTITY CONSTRAINT outbox_id_pkey PRIMARY KEY,
    kind          text        NOT NULL,
    key           text        NOT NULL,
    format        integer     NOT NULL,
    payload       text        NOT NULL,
    created_at    timestamptz NOT NULL,
    attempts      bigint      NOT NULL DEFAULT 0,
    due_at        timestamptz,          -- NULL: never tried, due at once
    parked_at     timestamptz,          -- NULL: to be carried out
    parked_reason text
);

-- What is to be carried out, in order, and how much that is; the time stands in it so that a claim
-- passes over waiting items without reading them.
CREATE INDEX outbox_kind_parked_at_id_due_at_idx ON outbox (kind, parked_at, id, due_at);

-- Which keys are held back by an item that waits for its retry: few rows, however long the backlog.
CREATE INDEX outbox_kind_key_id_idx ON outbox (kind, key, id)
    WHERE due_at IS NOT NULL AND parked_at IS NULL;

-- Who carries out a kind at present. The row stays when a lease ends, so that the fence only rises.
CREATE TABLE outbox_leases (
    kind       text        NOT NULL CONSTRAINT outbox_leases_kind_pkey PRIMARY KEY,
    holder     text,                    -- NULL: given back
    fence      bigint      NOT NULL,
    expires_at timestamptz NOT NULL
);
