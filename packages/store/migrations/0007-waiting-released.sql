-- A key that was let go stays so: a replay can be quicker than the group that wrote the letter and is about to hold its key.
ALTER TABLE waiting_hold ADD COLUMN released_at timestamptz;
