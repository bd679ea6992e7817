-- The cluster in which the outbox begins: rows that meet another one later were restored there.
UPDATE outbox_relay SET cluster = (SELECT system_identifier FROM pg_control_system());
