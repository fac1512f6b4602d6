-- The accounts, in their first form.
CREATE TABLE clients (
    id         varchar(36)  PRIMARY KEY,
    name       varchar(254) NOT NULL UNIQUE,
    domain_id  varchar(36),
    identity   varchar(254) NOT NULL UNIQUE,
    secret     text         NOT NULL,
    tags       text[],
    metadata   jsonb,
    created_at timestamp,
    updated_at timestamp,
    updated_by varchar(254),
    status     smallint     NOT NULL DEFAULT 0 CHECK (status >= 0),
    -- As that service has it: the check is of the status again.
    role       smallint              DEFAULT 0 CHECK (status >= 0)
);
