-- What shall wait once only: while an item of a kind and name waits, another adds nothing.
ALTER TABLE outbox ADD COLUMN once text;

CREATE UNIQUE INDEX outbox_kind_once_key ON outbox (kind, once)
    WHERE once IS NOT NULL AND parked_at IS NULL;
