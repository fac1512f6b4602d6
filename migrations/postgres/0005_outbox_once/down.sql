DROP INDEX outbox_kind_once_key;
ALTER TABLE outbox DROP COLUMN once;
