-- Sessions of an in-process token issuer; the tokens themselves are not kept. No foreign key: the
-- issuer knows no accounts.
CREATE TABLE refresh_sessions (
    id          text        NOT NULL CONSTRAINT refresh_sessions_id_pkey PRIMARY KEY,
    user_id     text        NOT NULL,
    description text,
    generation  bigint      NOT NULL,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    rotated_at  timestamptz
);

CREATE INDEX refresh_sessions_user_id_created_at_id_idx
    ON refresh_sessions (user_id, created_at, id);
CREATE INDEX refresh_sessions_expires_at_idx ON refresh_sessions (expires_at);
