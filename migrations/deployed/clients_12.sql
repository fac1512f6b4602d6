-- An object under the key `admin` is merged over what stands beside it, and the key goes, also where
-- the object brings one of that name along. Anything but an object stays.
UPDATE users SET metadata = ((metadata - 'admin') || (metadata -> 'admin')) - 'admin'
WHERE jsonb_typeof(metadata) = 'object' AND jsonb_typeof(metadata -> 'admin') = 'object';
UPDATE users
SET private_metadata = ((private_metadata - 'admin') || (private_metadata -> 'admin')) - 'admin'
WHERE jsonb_typeof(private_metadata) = 'object'
  AND jsonb_typeof(private_metadata -> 'admin') = 'object';
