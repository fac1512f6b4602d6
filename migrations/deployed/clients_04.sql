ALTER TABLE clients RENAME TO users;
