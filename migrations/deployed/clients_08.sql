-- Renames the constraint of the index, too.
ALTER INDEX clients_identity_key RENAME TO clients_email_key;
