-- Canonical events seen on their topics, found again by the correlation id of the source event.
CREATE TABLE canonical_events (
  event_id       text    PRIMARY KEY,
  correlation_id text    NOT NULL,
  topic          text    NOT NULL,
  partition      integer NOT NULL,
  "offset"       bigint  NOT NULL,
  at_ms          bigint  NOT NULL
);

CREATE INDEX canonical_events_by_correlation ON canonical_events (correlation_id);

-- The last word of each consumer group about a message that failed at least once.
CREATE TABLE delivery_outcomes (
  message_id    text    NOT NULL,
  group_name    text    NOT NULL,
  topic         text    NOT NULL,
  outcome       text    NOT NULL,
  code          text,
  failure_class text,
  replay_id     text,
  attempts      integer NOT NULL,
  at_ms         bigint  NOT NULL,
  PRIMARY KEY (message_id, group_name)
);
