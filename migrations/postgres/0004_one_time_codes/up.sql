-- Codes that were mailed. Of a code only its SHA-256 is kept (64 hexadecimal digits): who reads the
-- database cannot use one. Codes that the deployed service mailed stay in its own table.
CREATE TABLE one_time_codes (
    digest     text        NOT NULL CONSTRAINT one_time_codes_digest_pkey PRIMARY KEY,
    purpose    text        NOT NULL,
    user_id    varchar(36) NOT NULL,
    email      text        NOT NULL,    -- where it was mailed to
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,             -- NULL: good; also set when it is voided
    CONSTRAINT one_time_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id)
        ON DELETE CASCADE
);

CREATE INDEX one_time_codes_user_id_idx ON one_time_codes (user_id);

-- What is of no use any more, to be cleared away.
CREATE INDEX one_time_codes_expires_at_idx ON one_time_codes (expires_at);
CREATE INDEX one_time_codes_used_at_idx ON one_time_codes (used_at) WHERE used_at IS NOT NULL;
