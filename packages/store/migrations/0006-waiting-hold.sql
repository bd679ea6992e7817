-- Dead letters that later messages of their key wait for (afterDeadLetter: 'hold'), by the place of the letter's message.
-- A row goes when the letter was replayed with success or a person has archived it.
CREATE TABLE waiting_hold (
  group_name text NOT NULL,
  topic text NOT NULL,
  partition integer NOT NULL,
  "offset" bigint NOT NULL,
  message_id uuid NOT NULL,
  key bytea,
  held_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (group_name, topic, partition, "offset")
);
