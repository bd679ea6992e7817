-- Message ids with a dead letter: their inbox rows outlive the window until the letter is resolved.
CREATE TABLE inbox_hold (
  group_name text NOT NULL,
  message_id uuid NOT NULL,
  held_at timestamptz NOT NULL DEFAULT now(),
  -- Null while the letter waits; the window counts from here once more.
  resolved_at timestamptz,
  PRIMARY KEY (group_name, message_id)
);
CREATE INDEX inbox_hold_resolved ON inbox_hold (resolved_at) WHERE resolved_at IS NOT NULL;
