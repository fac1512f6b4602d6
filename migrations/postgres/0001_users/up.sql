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

-- Changes by programs that know nothing of versions raise them too; to write what is there already is
-- no change. The comparison is of what is stored, byte for byte: it works whatever the columns' types
-- are.
--
-- An operator's generated columns are not computed yet and NULL in NEW, so where there are some the
-- other columns decide. They are compared as text, since numbers within jsonb are equal whatever their
-- digits are.
CREATE FUNCTION users_version_raise() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    computed text[];
BEGIN
    IF NEW *= OLD THEN
        RETURN NEW;
    END IF;
    SELECT array_agg(attname::text) INTO computed
    FROM pg_attribute
    WHERE attrelid = TG_RELID AND attgenerated <> '';
    IF computed IS NOT NULL
        AND (to_jsonb(NEW) - computed)::text = (to_jsonb(OLD) - computed)::text
    THEN
        RETURN NEW;
    END IF;
    NEW.version := OLD.version + 1;
    RETURN NEW;
END
$$;

-- The row is not compared in the condition: one that names the whole row is refused where a column is generated.
CREATE TRIGGER users_version_trigger BEFORE UPDATE ON users FOR EACH ROW
    WHEN (NEW.version = OLD.version)
    EXECUTE FUNCTION users_version_raise();
