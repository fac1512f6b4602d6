-- How many accounts there are, by status and role, so that nobody counts a million rows for a page of
-- ten. Kept by triggers, whoever writes: the deployed service too, as another role with rights on
-- `users` only.
--
--   shard          writers at the same time add to different rows; the sum over all is the number.
--                  -1 is of no writer: there is added what triggers missed (restored without them).
--                  64 and more are of one transaction each, at REPEATABLE READ or SERIALIZABLE: it
--                  would be refused the change of a row that another one has changed since it began.
--                  The service adds them to -1 now and then
--   status         as stored, and the least bigint for NULL
--   administrator  whether the stored role is 1; every other one, and NULL, is a user
--   users          what this shard has added, which may be negative
CREATE TABLE user_counts (
    shard         bigint   NOT NULL,
    status        bigint   NOT NULL,
    administrator boolean  NOT NULL,
    users         bigint   NOT NULL,
    CONSTRAINT user_counts_shard_status_administrator_pkey PRIMARY KEY (shard, status, administrator)
) WITH (fillfactor = 10);    -- room for the next version of each row on its page

-- The function works with its owner's rights, so nothing that a caller can name may stand before what
-- it means. Where the table is, is known only now.
DO $do$
BEGIN
    EXECUTE format($create$
        CREATE FUNCTION users_counts_add() RETURNS trigger LANGUAGE plpgsql
            SECURITY DEFINER SET search_path = pg_catalog, %1$I, pg_temp
        AS $$
        DECLARE
            shards CONSTANT integer := 64;
            shard_of_mine bigint := pg_backend_pid() %% shards;
            tried integer := 0;
            statuses bigint[];
            roles boolean[];
            counts bigint[];
        BEGIN
            IF TG_OP = 'TRUNCATE' THEN
                DELETE FROM user_counts;
                RETURN NULL;
            ELSIF TG_OP = 'INSERT' THEN
                SELECT array_agg(s), array_agg(r), array_agg(n) INTO statuses, roles, counts FROM (
                    SELECT coalesce(status, '-9223372036854775808'::bigint) AS s,
                           role IS NOT DISTINCT FROM 1 AS r, count(*) AS n
                    FROM new_users GROUP BY 1, 2) AS added;
            ELSIF TG_OP = 'DELETE' THEN
                SELECT array_agg(s), array_agg(r), array_agg(n) INTO statuses, roles, counts FROM (
                    SELECT coalesce(status, '-9223372036854775808'::bigint) AS s,
                           role IS NOT DISTINCT FROM 1 AS r, -count(*) AS n
                    FROM old_users GROUP BY 1, 2) AS removed;
            ELSE
                -- Most changes are of other columns, and leave nothing here.
                SELECT array_agg(s), array_agg(r), array_agg(n) INTO statuses, roles, counts FROM (
                    SELECT s, r, sum(n)::bigint AS n FROM (
                        SELECT coalesce(status, '-9223372036854775808'::bigint) AS s,
                               role IS NOT DISTINCT FROM 1 AS r, 1 AS n
                        FROM new_users
                        UNION ALL
                        SELECT coalesce(status, '-9223372036854775808'::bigint),
                               role IS NOT DISTINCT FROM 1, -1
                        FROM old_users) AS one
                    GROUP BY 1, 2 HAVING sum(n) <> 0) AS moved;
            END IF;
            IF statuses IS NULL THEN
                RETURN NULL;
            END IF;
            IF current_setting('transaction_isolation') IN ('read committed', 'read uncommitted') THEN
                -- A shard that no other transaction has: so no writer waits for another one here, and
                -- no two can wait for each other. Only where all are taken is one waited for.
                WHILE NOT pg_try_advisory_xact_lock(1970432883, shard_of_mine::integer) LOOP
                    tried := tried + 1;
                    IF tried = shards THEN
                        PERFORM pg_advisory_xact_lock(1970432883, shard_of_mine::integer);
                        EXIT;
                    END IF;
                    shard_of_mine := (shard_of_mine + 1) %% shards;
                END LOOP;
            ELSE
                shard_of_mine := shards + pg_current_xact_id()::text::bigint;
            END IF;
            INSERT INTO user_counts AS counted (shard, status, administrator, users)
            SELECT shard_of_mine, s, r, n FROM unnest(statuses, roles, counts) AS one (s, r, n)
            ON CONFLICT (shard, status, administrator)
            DO UPDATE SET users = counted.users + excluded.users;
            RETURN NULL;
        END
        $$
    $create$, current_schema());
END
$do$;

-- Nobody else shall count rows of another table with it.
REVOKE ALL ON FUNCTION users_counts_add() FROM PUBLIC;

CREATE TRIGGER users_counts_insert_trigger AFTER INSERT ON users
    REFERENCING NEW TABLE AS new_users
    FOR EACH STATEMENT EXECUTE FUNCTION users_counts_add();
CREATE TRIGGER users_counts_update_trigger AFTER UPDATE ON users
    REFERENCING OLD TABLE AS old_users NEW TABLE AS new_users
    FOR EACH STATEMENT EXECUTE FUNCTION users_counts_add();
CREATE TRIGGER users_counts_delete_trigger AFTER DELETE ON users
    REFERENCING OLD TABLE AS old_users
    FOR EACH STATEMENT EXECUTE FUNCTION users_counts_add();
CREATE TRIGGER users_counts_truncate_trigger AFTER TRUNCATE ON users
    FOR EACH STATEMENT EXECUTE FUNCTION users_counts_add();

-- What the index of tags holds of each: a number, since an index takes no text as long as a tag of the
-- deployed service may be. Two tags may have one number, so rows that are found are looked at again.
CREATE FUNCTION users_tag_keys(tags text[]) RETURNS integer[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT array_agg(pg_catalog.hashtext(tag COLLATE "C")) FROM pg_catalog.unnest(tags) AS tag $$;
-- Whoever writes accounts writes the index too.
GRANT EXECUTE ON FUNCTION users_tag_keys(text[]) TO PUBLIC;

-- Nobody writes meanwhile: the triggers keep others away until this is committed.
INSERT INTO user_counts (shard, status, administrator, users)
SELECT -1, coalesce(status, '-9223372036854775808'::bigint), role IS NOT DISTINCT FROM 1, count(*)
FROM users GROUP BY 2, 3;
