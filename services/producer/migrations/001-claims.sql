-- Who sent what under which natural key, and the one event id it has for ever. A row is `accepted` before the event goes to Kafka
-- and `published` once Kafka has acknowledged it.
CREATE TABLE claims (
  source         text   NOT NULL,
  natural_key    text   NOT NULL,
  event_id       uuid   NOT NULL UNIQUE,
  correlation_id text   NOT NULL,
  content_hash   bytea  NOT NULL,
  topic          text   NOT NULL,
  job_id         uuid,
  first_seen_ms  bigint NOT NULL,
  published_ms   bigint,
  partition      integer,
  "offset"       bigint,
  PRIMARY KEY (source, natural_key)
) WITH (fillfactor = 80);

-- A summary index keeps the later update in place (HOT), and a resumed job finds its unconfirmed claims by time.
CREATE INDEX claims_by_time ON claims USING brin (first_seen_ms);
