-- On top of first.sql: clients_03, _04 and _05.
ALTER TABLE clients
    ADD COLUMN username varchar(254) UNIQUE,
    ADD COLUMN first_name varchar(254) NOT NULL DEFAULT '',
    ADD COLUMN last_name varchar(254) NOT NULL DEFAULT '',
    ADD COLUMN profile_picture text;
ALTER TABLE clients RENAME COLUMN identity TO email;
ALTER TABLE clients DROP COLUMN name;
ALTER TABLE clients RENAME TO users;
ALTER TABLE users ALTER first_name DROP DEFAULT, ALTER last_name DROP DEFAULT;
INSERT INTO gorp_migrations SELECT 'clients_' || n, '2024-09-01T00:00:00Z'
    FROM unnest(ARRAY['03', '04', '05']) n;
