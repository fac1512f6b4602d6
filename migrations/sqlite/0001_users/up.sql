-- Accounts. Columns, and the names of constraints, are those of existing deployments, so that a row
-- means the same in every store; the last three columns are our own.
--
-- Types that SQLite does not have:
--   times                   integer: microseconds since 1970-01-01T00:00:00Z
--   tags                    text: a JSON array of strings
--   metadata                text: JSON as it was sent, digits and depth kept
--   tokens_valid_from,
--   sessions_valid_from     integer: whole seconds since 1970-01-01T00:00:00Z
--
-- Not STRICT and hardly constrained on purpose: what was written under older rules stays readable
-- and may be written back unchanged.
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

-- Login and uniqueness without case. Plain, not unique: twins by case may be stored.
CREATE INDEX users_email_idx ON users (lower(email));
CREATE INDEX users_username_idx ON users (lower(username));

-- Who the enabled administrators are, and totals by state and role.
CREATE INDEX users_status_role_idx ON users (status, role);

-- The two orders in which lists are read most.
CREATE INDEX users_created_at_id_idx ON users (created_at, id);
CREATE INDEX users_updated_at_created_at_id_idx ON users (coalesce(updated_at, created_at), id);
