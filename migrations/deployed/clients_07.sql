-- Verification of e-mail addresses.
ALTER TABLE users ADD COLUMN IF NOT EXISTS verified_at timestamptz;
CREATE TABLE IF NOT EXISTS users_verifications (
    user_id    varchar(36)  NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    email      varchar(254) NOT NULL,
    otp        varchar(255),
    created_at timestamptz,
    expires_at timestamptz,
    used_at    timestamptz
);
CREATE INDEX IF NOT EXISTS idx_users_verifications_lookup
    ON users_verifications (user_id, email, created_at DESC);
