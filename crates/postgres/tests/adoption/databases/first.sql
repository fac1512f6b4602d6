-- The deployed service's database after clients_01 and clients_02.
CREATE TABLE gorp_migrations (id text NOT NULL PRIMARY KEY, applied_at timestamptz);
INSERT INTO gorp_migrations VALUES
    ('clients_01', '2024-03-01T09:00:00Z'), ('clients_02', '2024-03-01T09:00:01Z');

CREATE TABLE clients (
    id varchar(36) PRIMARY KEY,
    name varchar(254) NOT NULL UNIQUE,
    domain_id varchar(36),
    identity varchar(254) NOT NULL UNIQUE,
    secret text,
    tags text[],
    metadata jsonb,
    created_at timestamp,
    updated_at timestamp,
    updated_by varchar(254),
    status smallint NOT NULL DEFAULT 0 CHECK (status >= 0),
    role smallint DEFAULT 0 CHECK (status >= 0)
);
INSERT INTO clients
    (id, name, identity, secret, tags, metadata, created_at, updated_at, status, role)
VALUES
    ('1b5f0a3c-64f0-4d0e-8f51-111111111111', 'ada', 'Ada@Example.com', '$2a$10$adaadaada', '{a,b}',
     '{"ui": {"theme": "dark", "k": 1}, "k": 0}', '2024-03-02 08:30:00.123456',
     '2024-03-03 08:30:00', 0, 1),
    ('1b5f0a3c-64f0-4d0e-8f51-222222222222', 'bob', 'not an address', NULL, NULL, NULL, NULL, NULL,
     1, NULL);
