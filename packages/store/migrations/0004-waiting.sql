-- Who may write what waits for a partition: the last to have claimed it. Every write checks its token, so a member that
-- has lost a partition without knowing can neither add nor settle anything.
CREATE TABLE waiting_claim (
  group_name text NOT NULL,
  topic text NOT NULL,
  partition integer NOT NULL,
  token bigint NOT NULL,
  PRIMARY KEY (group_name, topic, partition)
);

-- Messages that must wait and those behind them of the same key, so that their offsets may pass. The offset is the
-- order; a row goes in the transaction that writes its message's effects.
CREATE TABLE waiting (
  group_name text NOT NULL,
  topic text NOT NULL,
  partition integer NOT NULL,
  "offset" bigint NOT NULL,
  message_id uuid NOT NULL,
  -- The record as Kafka holds it; headers are the raw block.
  timestamp_ms bigint NOT NULL,
  key bytea,
  value bytea,
  headers bytea NOT NULL,
  -- Milliseconds since the epoch.
  due_ms bigint NOT NULL,
  attempts integer NOT NULL,
  -- Null for a message that only waits behind another.
  failure json,
  entered_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (group_name, topic, partition, "offset")
);
