-- Lists, totals and searches that take no longer with a million accounts than with ten thousand:
-- orders have indexes, accounts are counted as they come and go, and what is searched by part
-- stands in tables of its own.
--
-- All of it is kept by triggers in plain SQL, so that it is right whoever writes to `users`: the
-- previous program, a script, the sqlite3 shell (3.37 or later). The search tables may name a row
-- too much, never one too few: what they name is looked at again. So what INSERT OR REPLACE leaves
-- in them of the row that it replaced does no harm; no trigger is told of that row's going.

-- 1. A key that the search tables can name. A rowid without a name may change with VACUUM, so the
-- table has to be made again. Dropping it would take the codes along: they are set aside. A copy
-- without types keeps every value as it is.
CREATE TABLE one_time_codes_kept AS SELECT * FROM one_time_codes;
DROP TABLE one_time_codes;
CREATE TABLE users_kept AS SELECT rowid AS seq, * FROM users;
DROP TABLE users;

-- As 0001 says, but for the first column. Of the other constraints only a name changes its meaning:
-- clients_pkey is UNIQUE.
CREATE TABLE users (
    seq                 integer      NOT NULL,
    id                  varchar(36)  NOT NULL,
    domain_id           varchar(36),
    email               varchar(254) NOT NULL,
    secret              text,
    tags                text,
    metadata            text,
    created_at          integer,
    updated_at          integer,
    updated_by          varchar(254),
    status              smallint     NOT NULL DEFAULT 0,
    role                smallint     DEFAULT 0,
    username            varchar(254),
    first_name          varchar(254) NOT NULL,
    last_name           varchar(254) NOT NULL,
    profile_picture     text,
    verified_at         integer,
    auth_provider       varchar(254),
    private_metadata    text,
    version             integer      NOT NULL DEFAULT 1,
    tokens_valid_from   integer,
    sessions_valid_from integer,
    CONSTRAINT users_seq_pkey PRIMARY KEY (seq),
    CONSTRAINT clients_pkey UNIQUE (id),
    CONSTRAINT clients_email_key UNIQUE (email),
    CONSTRAINT clients_username_key UNIQUE (username),
    CONSTRAINT clients_status_check CHECK (status >= 0)
);

INSERT INTO users (seq, id, domain_id, email, secret, tags, metadata, created_at, updated_at,
    updated_by, status, role, username, first_name, last_name, profile_picture, verified_at,
    auth_provider, private_metadata, version, tokens_valid_from, sessions_valid_from)
SELECT seq, id, domain_id, email, secret, tags, metadata, created_at, updated_at,
    updated_by, status, role, username, first_name, last_name, profile_picture, verified_at,
    auth_provider, private_metadata, version, tokens_valid_from, sessions_valid_from
FROM users_kept ORDER BY seq;
DROP TABLE users_kept;

CREATE INDEX users_email_idx ON users (lower(email));
CREATE INDEX users_username_idx ON users (lower(username));
CREATE INDEX users_status_role_idx ON users (status, role);

-- Every order of lists; the e-mail address and the id are indexed by their constraints.
CREATE INDEX users_created_at_id_idx ON users (created_at, id);
CREATE INDEX users_updated_at_created_at_id_idx ON users (coalesce(updated_at, created_at), id);
CREATE INDEX users_first_name_id_idx ON users (first_name, id);
CREATE INDEX users_last_name_id_idx ON users (last_name, id);
CREATE INDEX users_username_id_idx ON users (username, id);

-- As 0004 says.
CREATE TABLE one_time_codes (
    digest     text    NOT NULL,
    purpose    text    NOT NULL,
    user_id    text    NOT NULL,
    email      text    NOT NULL,        -- where it was mailed to
    created_at integer NOT NULL,
    expires_at integer NOT NULL,
    used_at    integer,                 -- NULL: good; also set when it is voided
    CONSTRAINT one_time_codes_digest_pkey PRIMARY KEY (digest),
    CONSTRAINT one_time_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id)
        ON DELETE CASCADE
) STRICT;

-- Who deletes an account at a shell without foreign_keys leaves its codes, which nobody can use.
INSERT INTO one_time_codes (digest, purpose, user_id, email, created_at, expires_at, used_at)
SELECT digest, purpose, user_id, email, created_at, expires_at, used_at
FROM one_time_codes_kept WHERE user_id IN (SELECT id FROM users) ORDER BY rowid;
DROP TABLE one_time_codes_kept;

CREATE INDEX one_time_codes_user_id_idx ON one_time_codes (user_id);
CREATE INDEX one_time_codes_expires_at_idx ON one_time_codes (expires_at);
CREATE INDEX one_time_codes_used_at_idx ON one_time_codes (used_at) WHERE used_at IS NOT NULL;

-- 2. How many accounts there are, by state and by whether they are administrators (role 1; every
-- other role is user).
CREATE TABLE user_counts (
    status        ANY     NOT NULL,     -- as it is stored
    administrator integer NOT NULL,     -- 0 or 1
    users         integer NOT NULL,
    CONSTRAINT user_counts_status_administrator_pkey PRIMARY KEY (status, administrator)
) STRICT, WITHOUT ROWID;

-- The accounts that the row being written may replace (INSERT OR REPLACE): no trigger is told of
-- their going. Nearly always empty.
CREATE TABLE users_replaced (
    seq           integer NOT NULL,
    status        ANY     NOT NULL,
    administrator integer NOT NULL,
    CONSTRAINT users_replaced_seq_pkey PRIMARY KEY (seq)
) STRICT;

-- 3. Parts of texts: which three letters on end stand in which column of which account. It keeps no
-- text itself, so what goes has to be told as it was.
CREATE VIRTUAL TABLE users_text USING fts5 (
    id, username, email, first_name, last_name,
    content='', columnsize=0, detail=column, tokenize='trigram'
);

-- 4. The first 64 characters of each tag.
CREATE TABLE user_tags (
    tag text    NOT NULL,
    seq integer NOT NULL,
    CONSTRAINT user_tags_tag_seq_pkey PRIMARY KEY (tag, seq)
) STRICT, WITHOUT ROWID;

-- 5. The plain values in metadata, wherever in it they stand; what a term is, says
-- `metadata_terms.rs` of the crate.
CREATE TABLE user_metadata (
    term text    NOT NULL,
    seq  integer NOT NULL,
    CONSTRAINT user_metadata_term_seq_pkey PRIMARY KEY (term, seq)
) STRICT, WITHOUT ROWID;

-- Two procedures, as SQLite has them: who inserts into the view runs its trigger. ON CONFLICT is
-- spelled out because an OR of the statement that wrote to `users` would hold here too. What the
-- terms of a row are stands in both of them in the same words, which a test compares.
CREATE VIEW user_terms_added (seq, tags, metadata) AS SELECT 0, '', '' WHERE FALSE;
CREATE VIEW user_terms_removed (seq, tags, metadata) AS SELECT 0, '', '' WHERE FALSE;

CREATE TRIGGER user_terms_added_insert INSTEAD OF INSERT ON user_terms_added
BEGIN
    INSERT INTO user_tags (tag, seq)
    SELECT substr(value, 1, 64), new.seq
    FROM json_each(CASE WHEN json_valid(CAST(new.tags AS text))
        THEN CASE json_type(CAST(new.tags AS text)) WHEN 'array' THEN CAST(new.tags AS text)
            ELSE '[]' END
        ELSE '[]' END)
    WHERE type = 'text'
    ON CONFLICT DO NOTHING;

    INSERT INTO user_metadata (term, seq)
    SELECT CASE
        WHEN leaf.number > 128 OR NOT json_valid(CAST(new.metadata AS text)) THEN '*'
        ELSE CASE typeof(leaf.key) WHEN 'text' THEN '.' || substr(leaf.key, 1, 64) ELSE '' END
            || '=' || CASE leaf.type
                WHEN 'text' THEN 's' || substr(leaf.atom, 1, 64)
                WHEN 'true' THEN 't'
                WHEN 'false' THEN 'f'
                WHEN 'null' THEN 'n'
                ELSE CASE
                    WHEN leaf.type = 'integer'
                        AND leaf.atom BETWEEN -999999999999999 AND 999999999999999
                        THEN 'i' || leaf.atom
                    WHEN leaf.atom BETWEEN -1e-290 AND 1e-290 THEN 'r0'
                    ELSE 'r' || printf('%.9e', max(-1e300, min(1e300, leaf.atom)))
                END
            END
        END, new.seq
    FROM (
        SELECT key, type, atom, row_number() OVER () AS number
        FROM json_tree(CASE WHEN json_valid(CAST(new.metadata AS text))
            THEN CAST(new.metadata AS text) ELSE 'null' END)
        WHERE type NOT IN ('object', 'array') AND new.metadata IS NOT NULL
        LIMIT 129
    ) AS leaf
    WHERE TRUE
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER user_terms_removed_insert INSTEAD OF INSERT ON user_terms_removed
BEGIN
    DELETE FROM user_tags WHERE seq = new.seq AND tag IN (
        SELECT substr(value, 1, 64)
        FROM json_each(CASE WHEN json_valid(CAST(new.tags AS text))
            THEN CASE json_type(CAST(new.tags AS text)) WHEN 'array' THEN CAST(new.tags AS text)
                ELSE '[]' END
            ELSE '[]' END)
        WHERE type = 'text'
    );

    DELETE FROM user_metadata WHERE seq = new.seq AND term IN (
        SELECT CASE
            WHEN leaf.number > 128 OR NOT json_valid(CAST(new.metadata AS text)) THEN '*'
            ELSE CASE typeof(leaf.key) WHEN 'text' THEN '.' || substr(leaf.key, 1, 64) ELSE '' END
                || '=' || CASE leaf.type
                    WHEN 'text' THEN 's' || substr(leaf.atom, 1, 64)
                    WHEN 'true' THEN 't'
                    WHEN 'false' THEN 'f'
                    WHEN 'null' THEN 'n'
                    ELSE CASE
                        WHEN leaf.type = 'integer'
                            AND leaf.atom BETWEEN -999999999999999 AND 999999999999999
                            THEN 'i' || leaf.atom
                        WHEN leaf.atom BETWEEN -1e-290 AND 1e-290 THEN 'r0'
                        ELSE 'r' || printf('%.9e', max(-1e300, min(1e300, leaf.atom)))
                    END
                END
            END
        FROM (
            SELECT key, type, atom, row_number() OVER () AS number
            FROM json_tree(CASE WHEN json_valid(CAST(new.metadata AS text))
                THEN CAST(new.metadata AS text) ELSE 'null' END)
            WHERE type NOT IN ('object', 'array') AND new.metadata IS NOT NULL
            LIMIT 129
        ) AS leaf
    );
END;

-- 6. What keeps them.
CREATE TRIGGER users_before_insert BEFORE INSERT ON users
BEGIN
    -- With a condition, or an empty table would be written anew.
    DELETE FROM users_replaced WHERE EXISTS (SELECT 1 FROM users_replaced);
    INSERT INTO users_replaced (seq, status, administrator)
    SELECT seq, status, role IS 1 FROM users
    WHERE seq = new.seq OR id = new.id OR email = new.email OR username = new.username;
END;

CREATE TRIGGER users_after_insert AFTER INSERT ON users
BEGIN
    UPDATE user_counts SET users = users - (
        SELECT count(*) FROM users_replaced AS gone
        WHERE gone.status IS user_counts.status AND gone.administrator = user_counts.administrator
            AND (gone.seq = new.seq OR NOT EXISTS (SELECT 1 FROM users WHERE seq = gone.seq))
    ) WHERE EXISTS (SELECT 1 FROM users_replaced);
    DELETE FROM users_replaced WHERE EXISTS (SELECT 1 FROM users_replaced);
    INSERT INTO user_counts (status, administrator, users) VALUES (new.status, new.role IS 1, 1)
    ON CONFLICT (status, administrator) DO UPDATE SET users = users + 1;

    INSERT INTO users_text (rowid, id, username, email, first_name, last_name)
    VALUES (new.seq, new.id, new.username, new.email, new.first_name, new.last_name);
    INSERT INTO user_terms_added (seq, tags, metadata) VALUES (new.seq, new.tags, new.metadata);
END;

CREATE TRIGGER users_after_delete AFTER DELETE ON users
BEGIN
    -- A replaced row comes here too where the connection has recursive_triggers on.
    DELETE FROM users_replaced WHERE seq = old.seq;
    UPDATE user_counts SET users = users - 1
    WHERE status IS old.status AND administrator = (old.role IS 1);

    INSERT INTO users_text (users_text, rowid, id, username, email, first_name, last_name)
    VALUES ('delete', old.seq, old.id, old.username, old.email, old.first_name, old.last_name);
    INSERT INTO user_terms_removed (seq, tags, metadata) VALUES (old.seq, old.tags, old.metadata);
END;

CREATE TRIGGER users_before_update_key BEFORE UPDATE OF seq, id, email, username ON users
BEGIN
    DELETE FROM users_replaced WHERE EXISTS (SELECT 1 FROM users_replaced);
    INSERT INTO users_replaced (seq, status, administrator)
    SELECT seq, status, role IS 1 FROM users
    WHERE (seq = new.seq OR id = new.id OR email = new.email OR username = new.username)
        AND seq <> old.seq;
END;

CREATE TRIGGER users_after_update_key AFTER UPDATE OF seq, id, email, username ON users
BEGIN
    UPDATE user_counts SET users = users - (
        SELECT count(*) FROM users_replaced AS gone
        WHERE gone.status IS user_counts.status AND gone.administrator = user_counts.administrator
            AND (gone.seq = new.seq OR NOT EXISTS (SELECT 1 FROM users WHERE seq = gone.seq))
    ) WHERE EXISTS (SELECT 1 FROM users_replaced);
    DELETE FROM users_replaced WHERE EXISTS (SELECT 1 FROM users_replaced);
END;

CREATE TRIGGER users_after_update_status_role AFTER UPDATE OF status, role ON users
WHEN old.status IS NOT new.status OR (old.role IS 1) <> (new.role IS 1)
BEGIN
    UPDATE user_counts SET users = users - 1
    WHERE status IS old.status AND administrator = (old.role IS 1);
    INSERT INTO user_counts (status, administrator, users) VALUES (new.status, new.role IS 1, 1)
    ON CONFLICT (status, administrator) DO UPDATE SET users = users + 1;
END;

CREATE TRIGGER users_after_update_text
AFTER UPDATE OF seq, id, username, email, first_name, last_name ON users
WHEN old.seq <> new.seq OR old.id IS NOT new.id OR old.username IS NOT new.username
    OR old.email IS NOT new.email OR old.first_name IS NOT new.first_name
    OR old.last_name IS NOT new.last_name
BEGIN
    INSERT INTO users_text (users_text, rowid, id, username, email, first_name, last_name)
    VALUES ('delete', old.seq, old.id, old.username, old.email, old.first_name, old.last_name);
    INSERT INTO users_text (rowid, id, username, email, first_name, last_name)
    VALUES (new.seq, new.id, new.username, new.email, new.first_name, new.last_name);
END;

CREATE TRIGGER users_after_update_terms AFTER UPDATE OF seq, tags, metadata ON users
WHEN old.seq <> new.seq OR old.tags IS NOT new.tags OR old.metadata IS NOT new.metadata
BEGIN
    INSERT INTO user_terms_removed (seq, tags, metadata) VALUES (old.seq, old.tags, old.metadata);
    INSERT INTO user_terms_added (seq, tags, metadata) VALUES (new.seq, new.tags, new.metadata);
END;

-- 7. Those who are there already.
INSERT INTO user_counts (status, administrator, users)
SELECT status, role IS 1, count(*) FROM users GROUP BY 1, 2;
INSERT INTO users_text (rowid, id, username, email, first_name, last_name)
SELECT seq, id, username, email, first_name, last_name FROM users ORDER BY seq;
INSERT INTO user_terms_added (seq, tags, metadata) SELECT seq, tags, metadata FROM users;
