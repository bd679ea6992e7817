-- One row per import job. `attempt` fences: whoever takes the job raises it, and an older holder can change nothing any more.
CREATE TABLE import_jobs (
  id                 uuid        PRIMARY KEY,
  token_name         text        NOT NULL,
  idempotency_key    text        NOT NULL,
  body_sha256        bytea       NOT NULL,
  state              text        NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
  attempt            integer     NOT NULL DEFAULT 0,
  lease_until        timestamptz,
  created_at         timestamptz NOT NULL DEFAULT now(),
  started_at         timestamptz,
  finished_at        timestamptz,
  bytes_total        bigint      NOT NULL,
  lines_total        bigint,
  -- The checkpoint: everything before this place is published or rejected.
  next_byte          bigint      NOT NULL,
  next_line          bigint      NOT NULL,
  rejects_bytes      bigint      NOT NULL DEFAULT 0,
  invoices_published bigint      NOT NULL DEFAULT 0,
  invoices_duplicate bigint      NOT NULL DEFAULT 0,
  invoices_rejected  bigint      NOT NULL DEFAULT 0,
  lines_rejected     bigint      NOT NULL DEFAULT 0,
  error_code         text,
  error_detail       text,
  UNIQUE (token_name, idempotency_key)
);

CREATE INDEX import_jobs_open ON import_jobs (created_at) WHERE state IN ('queued', 'running');
