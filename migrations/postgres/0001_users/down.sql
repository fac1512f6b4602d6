DROP TRIGGER users_version_trigger ON users;
DROP FUNCTION users_version_raise();
ALTER TABLE users
    DROP COLUMN version,
    DROP COLUMN tokens_valid_from,
    DROP COLUMN sessions_valid_from;
