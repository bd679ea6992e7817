CREATE TABLE journal (
  kind         text        NOT NULL CHECK (kind IN ('order', 'cancellation', 'refund', 'adjustment')),
  document_id  text        NOT NULL,
  message_id   text        NOT NULL,
  source       text        CHECK (source IN ('retail', 'shop')),
  order_ref    text,
  posted_at    timestamptz NOT NULL,
  currency     text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  PRIMARY KEY (kind, document_id)
);
CREATE INDEX journal_order_ref ON journal (order_ref) WHERE order_ref IS NOT NULL;
CREATE TABLE posting (
  kind         text        NOT NULL,
  document_id  text        NOT NULL,
  account      text        NOT NULL,
  currency     text        NOT NULL,
  amount_minor bigint      NOT NULL,
  PRIMARY KEY (kind, document_id, account),
  FOREIGN KEY (kind, document_id) REFERENCES journal
);

-- Double entry is a property of the table, whoever writes: the postings of a document come in one statement
-- and cancel out, and none is ever changed. One grouping a statement, whatever its size.
CREATE FUNCTION posting_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  unbalanced record;
BEGIN
  SELECT kind, document_id, currency, sum(amount_minor) AS difference INTO unbalanced
  FROM added GROUP BY kind, document_id, currency HAVING sum(amount_minor) <> 0 LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'the postings of % % leave % %', unbalanced.kind, unbalanced.document_id,
      unbalanced.difference, unbalanced.currency USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER posting_balanced AFTER INSERT ON posting
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION posting_balanced();

CREATE FUNCTION posting_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a posting is never changed: post the opposite' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER posting_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON posting
  FOR EACH STATEMENT EXECUTE FUNCTION posting_is_final();
