ALTER TABLE users ADD COLUMN auth_provider varchar(254);
