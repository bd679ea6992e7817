-- Events on their way to Kafka, written in the transaction of what they tell. The first columns are those of Debezium's
-- outbox event router: the topic is aggregatetype, the key aggregateid.
CREATE TABLE outbox (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Who wrote it: what is below the oldest transaction still running is complete, and only that is read.
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  id uuid NOT NULL,
  aggregatetype text NOT NULL,
  aggregateid text NOT NULL,
  type text NOT NULL,
  payload bytea,
  partition integer NOT NULL,
  -- The record's header block as Kafka holds it.
  headers bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX outbox_xid ON outbox (xid, position);

-- One row: who relays, until when, and how far. fence grows with every take-over.
CREATE TABLE outbox_relay (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  owner text NOT NULL DEFAULT '',
  fence bigint NOT NULL DEFAULT 0,
  lease_until timestamptz NOT NULL DEFAULT '-infinity',
  -- The relay sleeps and wants to be told of new rows.
  waiting boolean NOT NULL DEFAULT false,
  -- Transaction ids mean something in one cluster only.
  cluster bigint NOT NULL DEFAULT 0,
  -- Rows of transactions below sent_xid are sent. Those from there to window_xid are being sent, in the order of their
  -- positions: up to sent_position they are, at window_end the window is complete.
  sent_xid xid8 NOT NULL DEFAULT '0',
  window_xid xid8 NOT NULL DEFAULT '0',
  window_end bigint NOT NULL DEFAULT 0,
  sent_position bigint NOT NULL DEFAULT 0
);
INSERT INTO outbox_relay DEFAULT VALUES;

-- Rows that Kafka refuses for good, with why. requeueOutbox writes them into the outbox again.
CREATE TABLE outbox_quarantine (
  position bigint PRIMARY KEY,
  id uuid NOT NULL,
  aggregatetype text NOT NULL,
  aggregateid text NOT NULL,
  type text NOT NULL,
  payload bytea,
  partition integer NOT NULL,
  headers bytea NOT NULL,
  created_at timestamptz NOT NULL,
  attempts integer NOT NULL,
  code text NOT NULL,
  reason text NOT NULL,
  quarantined_at timestamptz NOT NULL DEFAULT now()
);
