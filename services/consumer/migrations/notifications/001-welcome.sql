-- In the order in which one state gives way to the next; comparing them compares the places.
CREATE TYPE welcome_state AS ENUM ('suppressed', 'queued', 'erased');
CREATE TABLE welcome (
  customer_id text          NOT NULL PRIMARY KEY,
  message_id  text          NOT NULL,
  state       welcome_state NOT NULL,
  reason      text          CHECK (reason IN ('no-consent', 'no-email', 'erasure-requested')),
  greeting    text,
  email       text,
  decided_at  timestamptz   NOT NULL,
  CONSTRAINT reason_unless_queued CHECK ((state = 'queued') = (reason IS NULL)),
  CONSTRAINT person_only_when_queued CHECK (
    CASE state WHEN 'queued' THEN greeting IS NOT NULL AND email IS NOT NULL ELSE greeting IS NULL AND email IS NULL END
  )
);
