-- A database at the twelfth migration, with the gap that a dropped column leaves.

CREATE TABLE users (
    id varchar(36) NOT NULL,
    name varchar(254),
    domain_id varchar(36),
    email varchar(254) NOT NULL,
    secret text,
    tags text[],
    metadata jsonb,
    created_at timestamptz,
    updated_at timestamptz,
    updated_by varchar(254),
    status smallint NOT NULL DEFAULT 0,
    role smallint DEFAULT 0,
    username varchar(254),
    first_name varchar(254) NOT NULL,
    last_name varchar(254) NOT NULL,
    profile_picture text,
    verified_at timestamptz,
    auth_provider varchar(254),
    private_metadata jsonb,
    CONSTRAINT clients_pkey PRIMARY KEY (id),
    CONSTRAINT clients_email_key UNIQUE (email),
    CONSTRAINT clients_username_key UNIQUE (username),
    CONSTRAINT clients_status_check CHECK (status >= 0),
    CONSTRAINT clients_status_check1 CHECK (status >= 0)
);
ALTER TABLE users DROP COLUMN name;

CREATE TABLE users_verifications (
    user_id varchar(36) NOT NULL,
    email varchar(254) NOT NULL,
    otp varchar(255),
    created_at timestamptz,
    expires_at timestamptz,
    used_at timestamptz,
    CONSTRAINT users_verifications_user_id_fkey
        FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX idx_users_verifications_lookup
    ON users_verifications (user_id, email, created_at DESC);

CREATE TABLE gorp_migrations (
    id text NOT NULL,
    applied_at timestamptz,
    CONSTRAINT gorp_migrations_pkey PRIMARY KEY (id)
);
INSERT INTO gorp_migrations
SELECT format('clients_%s', lpad(n::text, 2, '0')), timestamptz '2025-01-01 00:00:00+00'
FROM generate_series(1, 12) AS n;

-- An administrator.
INSERT INTO users (id, domain_id, email, secret, tags, metadata, created_at, updated_at, updated_by,
    status, role, username, first_name, last_name, profile_picture, verified_at, auth_provider,
    private_metadata)
VALUES ('7d1c0000-0000-4000-8000-000000000001', NULL, 'chief@t.example', '$2a$10$UgvrqaPvGhTJpbf9aLOFGu5crblNL1GjieV1FL8pi7EFJZ6cU4CXy', '{}', '{}', '2025-03-01 10:00:00.123456+00', NULL, NULL, 0, 1, 'chief', 'First', 'Last', NULL, '2025-03-02 11:12:13+00', NULL, '{}');
-- As most are.
INSERT INTO users (id, domain_id, email, secret, tags, metadata, created_at, updated_at, updated_by,
    status, role, username, first_name, last_name, profile_picture, verified_at, auth_provider,
    private_metadata)
VALUES ('7d1c0000-0000-4000-8000-000000000002', NULL, 'first@t.example', '$2a$10$tTRGTD7jkhiT7a/AjFvYiuhGGvXzqG3x7c.WyBkMUdjnBGtpSjHZ6', '{a,b}', '{"team": "core"}', '2025-03-01 10:00:00.123456+00', NULL, NULL, 0, 0, 'first', 'First', 'Last', NULL, '2025-03-02 11:12:13+00', NULL, '{}');
INSERT INTO users (id, domain_id, email, secret, tags, metadata, created_at, updated_at, updated_by,
    status, role, username, first_name, last_name, profile_picture, verified_at, auth_provider,
    private_metadata)
VALUES ('7d1c0000-0000-4000-8000-000000000003', NULL, 'Mixed.Case@T.Example', '$2b$04$pHBdlKL7maa9tfUQmI.dbOxzTdVVS6545.Wfi3v1DGasTCB6L5EEK', '{}', '{}', '2025-03-01 10:00:00.123456+00', '2025-03-02 11:12:13+00', '7d1c0000-0000-4000-8000-000000000001', 0, 0, 'MixedCase', 'First', 'Last', NULL, NULL, NULL, '{}');
-- Rows that the deployed service cannot read.
INSERT INTO users (id, domain_id, email, secret, tags, metadata, created_at, updated_at, updated_by,
    status, role, username, first_name, last_name, profile_picture, verified_at, auth_provider,
    private_metadata)
VALUES ('7d1c0000-0000-4000-8000-000000000004', NULL, 'text@t.example', '$2a$04$74KEn3ChEK2ALGSPNVVzZe8bcvlJr1W48dwyL4hhMajWYDR/cZYa2', '{}', '"legacy"', '2025-03-01 10:00:00.123456+00', NULL, NULL, 0, 0, 'text', 'First', 'Last', NULL, NULL, NULL, '{}');
INSERT INTO users (id, domain_id, email, secret, tags, metadata, created_at, updated_at, updated_by,
    status, role, username, first_name, last_name, profile_picture, verified_at, auth_provider,
    private_metadata)
VALUES ('7d1c0000-0000-4000-8000-000000000005', NULL, 'timeless@t.example', '$2a$04$vevrcc0/c2bbRRj7e2WcZO0KImaLcGvnxHucpoiYNWCO2weywEHv.', '{}', '{}', NULL, NULL, NULL, 0, 0, 'timeless', 'First', 'Last', NULL, NULL, NULL, '{}');
INSERT INTO users (id, domain_id, email, secret, tags, metadata, created_at, updated_at, updated_by,
    status, role, username, first_name, last_name, profile_picture, verified_at, auth_provider,
    private_metadata)
VALUES ('7d1c0000-0000-4000-8000-000000000006', NULL, 'no-secret@t.example', NULL, '{}', '{}', '2025-03-01 10:00:00.123456+00', NULL, NULL, 0, 0, 'no-secret', 'First', 'Last', NULL, NULL, NULL, '{}');
-- Disabled, deleted, through a provider.
INSERT INTO users (id, domain_id, email, secret, tags, metadata, created_at, updated_at, updated_by,
    status, role, username, first_name, last_name, profile_picture, verified_at, auth_provider,
    private_metadata)
VALUES ('7d1c0000-0000-4000-8000-000000000007', NULL, 'off@t.example', '$2a$04$tYr6sJf3Z2VdVnQtWID3XOcvTI1JeKLmugr1JBDur6oCnSN.Z4rSy', '{}', '{}', '2025-03-01 10:00:00.123456+00', NULL, NULL, 1, 0, 'off', 'First', 'Last', NULL, NULL, NULL, '{}');
INSERT INTO users (id, domain_id, email, secret, tags, metadata, created_at, updated_at, updated_by,
    status, role, username, first_name, last_name, profile_picture, verified_at, auth_provider,
    private_metadata)
VALUES ('7d1c0000-0000-4000-8000-000000000008', NULL, 'gone@t.example', '$2a$04$dpyTZu0pIvDEaOOptQexJ.Ss0v7ZVm5lY5OKI.3wyRxcD/WXwmYGi', '{}', '{}', '2025-03-01 10:00:00.123456+00', '2025-04-01 00:00:00+00', NULL, 2, 0, 'gone', 'First', 'Last', NULL, NULL, NULL, '{}');
INSERT INTO users (id, domain_id, email, secret, tags, metadata, created_at, updated_at, updated_by,
    status, role, username, first_name, last_name, profile_picture, verified_at, auth_provider,
    private_metadata)
VALUES ('7d1c0000-0000-4000-8000-000000000009', NULL, 'provided@t.example', '', '{}', '{}', '2025-03-01 10:00:00.123456+00', NULL, NULL, 0, 0, 'provided_0123', 'First', 'Last', NULL, '2025-03-02 11:12:13+00', 'google', '{}');
-- Names that get into each other's way.
INSERT INTO users (id, domain_id, email, secret, tags, metadata, created_at, updated_at, updated_by,
    status, role, username, first_name, last_name, profile_picture, verified_at, auth_provider,
    private_metadata)
VALUES ('7d1c0000-0000-4000-8000-000000000010', NULL, 'named-like@t.example', '$2a$04$HPkBAsyLPH8fATnZ0vXn/.Xy7wrue4mrzqdzOAc7YCe6NggKWusEe', '{}', '{}', '2025-03-01 10:00:00.123456+00', NULL, NULL, 0, 0, 'first@t.example', 'First', 'Last', NULL, NULL, NULL, '{}');
INSERT INTO users (id, domain_id, email, secret, tags, metadata, created_at, updated_at, updated_by,
    status, role, username, first_name, last_name, profile_picture, verified_at, auth_provider,
    private_metadata)
VALUES ('7d1c0000-0000-4000-8000-000000000011', NULL, 'twin@t.example', '$2a$04$z.A5zk764EVwGBln3wfgKOW7VbDqkAGO2XZ5Tmk1lCknzrdmt6BQS', '{}', '{}', '2025-03-01 10:00:00.123456+00', NULL, NULL, 0, 0, 'twin', 'First', 'Last', NULL, NULL, NULL, '{}');
INSERT INTO users (id, domain_id, email, secret, tags, metadata, created_at, updated_at, updated_by,
    status, role, username, first_name, last_name, profile_picture, verified_at, auth_provider,
    private_metadata)
VALUES ('7d1c0000-0000-4000-8000-000000000012', NULL, 'Twin@T.example', '$2a$04$d2/8RoFNwm578VyHCiZraOVpnGbYVmz.1LjcOmNO5grG6LHktOa8e', '{}', '{}', '2025-03-01 10:00:00.123456+00', NULL, NULL, 0, 0, 'TWIN', 'First', 'Last', NULL, NULL, NULL, '{}');
-- From before columns were added; a hash of another program; odd values.
INSERT INTO users (id, domain_id, email, secret, tags, metadata, created_at, updated_at, updated_by,
    status, role, username, first_name, last_name, profile_picture, verified_at, auth_provider,
    private_metadata)
VALUES ('7d1c0000-0000-4000-8000-000000000013', NULL, 'php@t.example', '$2y$04$8sZogNYfCKwYvAXE4Tct6.fwlEGZyVfKV2Vkf4tXcH.O5CWxBWBOa', NULL, NULL, '2025-03-01 10:00:00.123456+00', NULL, NULL, 0, NULL, NULL, '', '', NULL, NULL, NULL, NULL);
INSERT INTO users (id, domain_id, email, secret, tags, metadata, created_at, updated_at, updated_by,
    status, role, username, first_name, last_name, profile_picture, verified_at, auth_provider,
    private_metadata)
VALUES ('Not a uuid', NULL, 'odd@t.example', '', '{{x,NULL},{y,z}}', ('{"n": 123456789012345678901234567890, "deep": ' || repeat('[', 200) || repeat(']', 200) || '}')::jsonb, '2025-03-01 10:00:00.123456+00', NULL, NULL, 0, 2, 'odd name / ü', 'First', 'Last', NULL, NULL, NULL, '{}');
-- Links that were mailed: one is good, one led to an address that is another by now.
INSERT INTO users (id, domain_id, email, secret, tags, metadata, created_at, updated_at, updated_by,
    status, role, username, first_name, last_name, profile_picture, verified_at, auth_provider,
    private_metadata)
VALUES ('7d1c0000-0000-4000-8000-000000000015', NULL, 'link@t.example', '$2a$04$2.UY4Ij/U2e2jyOjZD2yWO9Id/mpRxDX7ff//Mwr0UB53TiixaLam', '{}', '{}', '2025-03-01 10:00:00.123456+00', NULL, NULL, 0, 0, 'link', 'First', 'Last', NULL, NULL, NULL, '{}');
INSERT INTO users (id, domain_id, email, secret, tags, metadata, created_at, updated_at, updated_by,
    status, role, username, first_name, last_name, profile_picture, verified_at, auth_provider,
    private_metadata)
VALUES ('7d1c0000-0000-4000-8000-000000000016', NULL, 'moved@t.example', '$2a$04$lDzhpPSgvyBVlP0yrcgSO.BCAyh4NntJw6zFfNgYj57JF1TChoQBu', '{}', '{}', '2025-03-01 10:00:00.123456+00', NULL, NULL, 0, 0, 'moved', 'First', 'Last', NULL, NULL, NULL, '{}');

INSERT INTO users_verifications (user_id, email, otp, created_at, expires_at)
VALUES ('7d1c0000-0000-4000-8000-000000000015', 'link@t.example', 'BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=', now(), now() + interval '24 hours');
INSERT INTO users_verifications (user_id, email, otp, created_at, expires_at)
VALUES ('7d1c0000-0000-4000-8000-000000000016', 'before@t.example', 'CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg=', now(), now() + interval '24 hours');
