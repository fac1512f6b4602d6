-- Accounts of identity providers have no password.
ALTER TABLE clients ALTER COLUMN secret DROP NOT NULL;
