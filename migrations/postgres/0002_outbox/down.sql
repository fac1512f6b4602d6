DROP TABLE outbox_leases;
DROP TABLE outbox;
