-- A database at the second migration: `identity` is not yet `email`, times have no zone.

CREATE TABLE clients (
    id varchar(36) NOT NULL,
    name varchar(254) NOT NULL,
    domain_id varchar(36),
    identity varchar(254) NOT NULL,
    secret text,
    tags text[],
    metadata jsonb,
    created_at timestamp,
    updated_at timestamp,
    updated_by varchar(254),
    status smallint NOT NULL DEFAULT 0,
    role smallint DEFAULT 0,
    CONSTRAINT clients_pkey PRIMARY KEY (id),
    CONSTRAINT clients_name_key UNIQUE (name),
    CONSTRAINT clients_identity_key UNIQUE (identity),
    CONSTRAINT clients_status_check CHECK (status >= 0),
    CONSTRAINT clients_status_check1 CHECK (status >= 0)
);

CREATE TABLE gorp_migrations (
    id text NOT NULL,
    applied_at timestamptz,
    CONSTRAINT gorp_migrations_pkey PRIMARY KEY (id)
);
INSERT INTO gorp_migrations VALUES
    ('clients_01', timestamptz '2024-02-01 00:00:00+00'),
    ('clients_02', timestamptz '2024-02-01 00:00:00+00');

INSERT INTO clients (id, name, identity, secret, tags, metadata, created_at, status, role)
VALUES ('7d1c0000-0000-4000-8000-000000000001', 'admin', 'chief@old.example', '$2a$10$vMYYltEkyL7qmqhpxcoYtOmd8vtatTixpwvLaHqtu6lpU1xsq0dqW', NULL, '{"role": "admin"}', '2024-03-31 02:30:00', 0, 1);
INSERT INTO clients (id, name, identity, secret, tags, metadata, created_at, status, role)
VALUES ('7d1c0000-0000-4000-8000-000000000002', 'one', 'One@Old.Example', '$2a$04$UKz/rU3AbdwAcstw7HfjL.TM6MsoRjuF4bHZUZimmlZ0C7ECjX1dy', NULL, '{"ui": {"a": 1, "b": 2}, "b": 1, "admin": {"c": 3, "a": 4}}', '2024-03-31 02:30:00', 0, 0);
INSERT INTO clients (id, name, identity, secret, tags, metadata, created_at, status, role)
VALUES ('7d1c0000-0000-4000-8000-000000000003', 'odd', ' odd@old.example', '$2a$04$6MLtNgq.BKOhFSPldC3cMOWmSlxrKGe7Drn2EqyBqBKVIFUcdAA0u', NULL, '[1]', '2024-03-31 02:30:00', 0, NULL);
INSERT INTO clients (id, name, identity, secret, tags, metadata, created_at, status, role)
VALUES ('7d1c0000-0000-4000-8000-000000000004', 'off', 'off@old.example', '$2a$04$lmyzpx9On58lvniHEA7QKepXK8wfJyyfXK0w271E3hGqYA4LFZ./S', NULL, '{"ui": "text"}', '2024-03-31 02:30:00', 1, 0);
INSERT INTO clients (id, name, identity, secret, tags, metadata, created_at, status, role)
VALUES ('7d1c0000-0000-4000-8000-000000000005', 'none', 'none@old.example', NULL, NULL, NULL, NULL, 0, 0);
