-- Which of our migrations a database has taken (in diesel's shape; UTC), and what was there before
-- the first of them. The deployed service's own list is not touched for that: it stops at an id
-- that it does not know.
CREATE TABLE IF NOT EXISTS __diesel_schema_migrations (
    version varchar(50) NOT NULL CONSTRAINT __diesel_schema_migrations_pkey PRIMARY KEY,
    run_on  timestamp   NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE IF NOT EXISTS adoption (
    adopted_at timestamptz NOT NULL CONSTRAINT adoption_adopted_at_pkey PRIMARY KEY,
    found      text        NOT NULL    -- `empty`, or the last id of the deployed service
);
