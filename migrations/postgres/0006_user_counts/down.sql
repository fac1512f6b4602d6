DROP TRIGGER users_counts_truncate_trigger ON users;
DROP TRIGGER users_counts_delete_trigger ON users;
DROP TRIGGER users_counts_update_trigger ON users;
DROP TRIGGER users_counts_insert_trigger ON users;
DROP FUNCTION users_counts_add();
DROP TABLE user_counts;
DROP INDEX IF EXISTS users_by_tags_idx;
DROP FUNCTION users_tag_keys(text[]);
