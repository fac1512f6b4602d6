-- An object under the key `ui` is merged over what stands beside it, and the key goes, also where
-- the object brings one of that name along. Anything but an object stays.
UPDATE users SET metadata = ((metadata - 'ui') || (metadata -> 'ui')) - 'ui'
WHERE jsonb_typeof(metadata) = 'object' AND jsonb_typeof(metadata -> 'ui') = 'object';
UPDATE users
SET private_metadata = ((private_metadata - 'ui') || (private_metadata -> 'ui')) - 'ui'
WHERE jsonb_typeof(private_metadata) = 'object'
  AND jsonb_typeof(private_metadata -> 'ui') = 'object';
