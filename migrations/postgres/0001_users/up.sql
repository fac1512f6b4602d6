-- What this program adds to the table of accounts, which is as the deployed service makes it (see
-- ../../README.md). Nothing here rewrites the table or is in the way of that service.
--
--   version             raised by every change of the row, whoever makes it; for If-Match
--   tokens_valid_from,
--   sessions_valid_from whole seconds since 1970-01-01T00:00:00Z; NULL: always
ALTER TABLE users
    ADD COLUMN version             bigint NOT NULL DEFAULT 1,
    ADD COLUMN tokens_valid_from   bigint,
    ADD COLUMN sessions_valid_from bigint;

-- Changes by programs that know nothing of versions raise them too.
CREATE FUNCTION users_version_raise() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    RETURN NEW;
END
$$;

-- The comparison is of what is stored, byte for byte: it works whatever the columns' types are.
CREATE TRIGGER users_version_trigger BEFORE UPDATE ON users FOR EACH ROW
    WHEN (NEW.version = OLD.version AND NEW.* *<> OLD.*)
    EXECUTE FUNCTION users_version_raise();
