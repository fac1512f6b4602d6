-- On top of verified.sql: clients_11 and clients_12 have run, and rows came after them.
UPDATE users SET metadata = '{"theme": "dark", "k": 1}' WHERE metadata ? 'ui';
INSERT INTO gorp_migrations VALUES
    ('clients_11', '2026-02-01T00:00:00Z'), ('clients_12', '2026-02-01T00:00:01Z');
INSERT INTO users
    (id, email, username, first_name, last_name, secret, tags, metadata, private_metadata,
     created_at, updated_at, verified_at, status, role, auth_provider)
VALUES
    ('ui later', 'later@example.com', 'later', 'L', 'Ater', '$2a$10$later', '{}',
     '{"ui": {"theme": "light"}, "admin": {"x": 1}}', '{"admin": {"y": 2}}',
     '2026-03-01T00:00:00Z', '2026-03-02T00:00:00Z', '2026-03-03T00:00:00Z', 0, 0, NULL),
    ('twin 1', 'Twin@example.com', 'Twin', '', '', '$2a$12$twin', '{a,NULL}', '{}', NULL,
     '2026-03-01T00:00:00Z', NULL, NULL, 0, 0, ''),
    ('twin 2', 'twin@example.com', 'twin', '', '', '', NULL, 'null', 'null',
     '2026-03-01T00:00:00Z', NULL, '0001-01-01T00:00:00Z', 2, 2, 'google'),
    ('odd metadata', 'odd@example.com', NULL, '', '', 'plain text', '{{a,b},{c,d}}',
     '[1, 1e400, 123456789012345678901234567890]', '"text"',
     'infinity', '-infinity', '20000-01-01T00:00:00Z', 77, 300, 'anything');
INSERT INTO users_verifications VALUES
    ('ui later', 'later@example.com', 'bGF0ZXI=', '2026-03-01T00:00:00Z', '2026-03-02T00:00:00Z',
     NULL),
    ('ui later', 'later@example.com', NULL, NULL, NULL, NULL);
