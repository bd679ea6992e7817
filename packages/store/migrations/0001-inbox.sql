-- One row per message that a group has settled, written in the transaction of its effects. Partitioned by the time
-- inside the id and never by arrival, so that a duplicate that comes after midnight still meets its row.
CREATE TABLE inbox (
  group_name text NOT NULL,
  message_id uuid NOT NULL,
  -- First 16 bytes of SHA-256 over the value: the same id with another hash is a conflict, not a duplicate.
  content_hash bytea NOT NULL,
  topic text NOT NULL,
  partition integer NOT NULL,
  "offset" bigint NOT NULL,
  settled_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (group_name, message_id)
) PARTITION BY RANGE (message_id);

-- Ids without a time, and times far from now. Months are attached beside it before their first id is written.
CREATE TABLE inbox_default PARTITION OF inbox DEFAULT;
