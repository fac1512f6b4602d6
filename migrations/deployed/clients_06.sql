-- What is stored is UTC, whatever the time zone of this session, database or role is. With this
-- setting the table is not even rewritten.
SET LOCAL TIME ZONE 'UTC';
ALTER TABLE users
    ALTER COLUMN created_at TYPE timestamptz,
    ALTER COLUMN updated_at TYPE timestamptz;
