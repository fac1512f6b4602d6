-- Sessions of an in-process token issuer; the tokens themselves are not kept. Times are integers:
-- microseconds since 1970-01-01T00:00:00Z. No foreign key: the issuer knows no accounts.
CREATE TABLE refresh_sessions (
    id          text    NOT NULL,
    user_id     text    NOT NULL,
    description text,
    generation  integer NOT NULL,
    created_at  integer NOT NULL,
    expires_at  integer NOT NULL,
    rotated_at  integer,
    CONSTRAINT refresh_sessions_id_pkey PRIMARY KEY (id)
) STRICT;

CREATE INDEX refresh_sessions_user_id_created_at_id_idx
    ON refresh_sessions (user_id, created_at, id);
CREATE INDEX refresh_sessions_expires_at_idx ON refresh_sessions (expires_at);
