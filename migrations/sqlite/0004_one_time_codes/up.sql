-- Codes that were mailed. Of a code only its SHA-256 is kept (64 hexadecimal digits): who reads the
-- database cannot use one. Times are integers: microseconds since 1970-01-01T00:00:00Z.
CREATE TABLE one_time_codes (
    digest     text    NOT NULL,
    purpose    text    NOT NULL,
    user_id    text    NOT NULL,
    email      text    NOT NULL,        -- where it was mailed to
    created_at integer NOT NULL,
    expires_at integer NOT NULL,
    used_at    integer,                 -- NULL: good; also set when it is voided
    CONSTRAINT one_time_codes_digest_pkey PRIMARY KEY (digest),
    CONSTRAINT one_time_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id)
        ON DELETE CASCADE
) STRICT;

CREATE INDEX one_time_codes_user_id_idx ON one_time_codes (user_id);

-- What is of no use any more, to be cleared away.
CREATE INDEX one_time_codes_expires_at_idx ON one_time_codes (expires_at);
CREATE INDEX one_time_codes_used_at_idx ON one_time_codes (used_at) WHERE used_at IS NOT NULL;
