-- A user has a username, two names and a picture. The old `name` is no username and is given up.
ALTER TABLE clients ADD COLUMN username varchar(254) UNIQUE;
ALTER TABLE clients ADD COLUMN first_name varchar(254) NOT NULL DEFAULT '';
ALTER TABLE clients ADD COLUMN last_name varchar(254) NOT NULL DEFAULT '';
ALTER TABLE clients ADD COLUMN profile_picture text;
ALTER TABLE clients RENAME COLUMN identity TO email;
ALTER TABLE clients DROP COLUMN name;
