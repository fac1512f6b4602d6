DROP VIEW user_terms_added;
DROP VIEW user_terms_removed;
DROP TABLE user_metadata;
DROP TABLE user_tags;
DROP TABLE users_text;
DROP TABLE users_replaced;
DROP TABLE user_counts;

CREATE TABLE one_time_codes_kept AS SELECT * FROM one_time_codes;
DROP TABLE one_time_codes;
CREATE TABLE users_kept AS SELECT * FROM users;
DROP TABLE users;

CREATE TABLE users (
    id                  varchar(36)  NOT NULL,
    domain_id           varchar(36),
    email               varchar(254) NOT NULL,
    secret              text,
    tags                text,
    metadata            text,
    created_at          integer,
    updated_at          integer,
    updated_by          varchar(254),
    status              smallint     NOT NULL DEFAULT 0,
    role                smallint     DEFAULT 0,
    username            varchar(254),
    first_name          varchar(254) NOT NULL,
    last_name           varchar(254) NOT NULL,
    profile_picture     text,
    verified_at         integer,
    auth_provider       varchar(254),
    private_metadata    text,
    version             integer      NOT NULL DEFAULT 1,
    tokens_valid_from   integer,
    sessions_valid_from integer,
    CONSTRAINT clients_pkey PRIMARY KEY (id),
    CONSTRAINT clients_email_key UNIQUE (email),
    CONSTRAINT clients_username_key UNIQUE (username),
    CONSTRAINT clients_status_check CHECK (status >= 0)
);

INSERT INTO users (rowid, id, domain_id, email, secret, tags, metadata, created_at, updated_at,
    updated_by, status, role, username, first_name, last_name, profile_picture, verified_at,
    auth_provider, private_metadata, version, tokens_valid_from, sessions_valid_from)
SELECT seq, id, domain_id, email, secret, tags, metadata, created_at, updated_at,
    updated_by, status, role, username, first_name, last_name, profile_picture, verified_at,
    auth_provider, private_metadata, version, tokens_valid_from, sessions_valid_from
FROM users_kept ORDER BY seq;
DROP TABLE users_kept;

CREATE INDEX users_email_idx ON users (lower(email));
CREATE INDEX users_username_idx ON users (lower(username));
CREATE INDEX users_status_role_idx ON users (status, role);
CREATE INDEX users_created_at_id_idx ON users (created_at, id);
CREATE INDEX users_updated_at_created_at_id_idx ON users (coalesce(updated_at, created_at), id);

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

INSERT INTO one_time_codes (digest, purpose, user_id, email, created_at, expires_at, used_at)
SELECT digest, purpose, user_id, email, created_at, expires_at, used_at
FROM one_time_codes_kept ORDER BY rowid;
DROP TABLE one_time_codes_kept;

CREATE INDEX one_time_codes_user_id_idx ON one_time_codes (user_id);
CREATE INDEX one_time_codes_expires_at_idx ON one_time_codes (expires_at);
CREATE INDEX one_time_codes_used_at_idx ON one_time_codes (used_at) WHERE used_at IS NOT NULL;
