ALTER TABLE users ADD COLUMN private_metadata jsonb;
