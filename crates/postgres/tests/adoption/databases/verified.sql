-- On top of renamed.sql: clients_06 to clients_10.
SET TIME ZONE 'UTC';
ALTER TABLE users
    ALTER COLUMN created_at TYPE timestamptz, ALTER COLUMN updated_at TYPE timestamptz;
ALTER TABLE users ADD COLUMN verified_at timestamptz;
CREATE TABLE users_verifications (
    user_id varchar(36) NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    email varchar(254) NOT NULL,
    otp varchar(255),
    created_at timestamptz,
    expires_at timestamptz,
    used_at timestamptz
);
CREATE INDEX idx_users_verifications_lookup
    ON users_verifications (user_id, email, created_at DESC);
ALTER TABLE users RENAME CONSTRAINT clients_identity_key TO clients_email_key;
ALTER TABLE users ADD COLUMN auth_provider varchar(254);
ALTER TABLE users ADD COLUMN private_metadata jsonb;
INSERT INTO gorp_migrations SELECT 'clients_' || n, '2026-01-20T00:00:00Z'
    FROM unnest(ARRAY['06', '07', '08', '09', '10']) n;
