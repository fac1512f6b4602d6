-- For a short time clients_10 added `public_metadata` instead. It stays; what it holds is copied to
-- where the service of today and this program see it, and where nobody else does.
UPDATE users SET private_metadata = public_metadata
WHERE private_metadata IS NULL AND jsonb_typeof(public_metadata) = 'object';
