CREATE TABLE reservation (
  order_id       text        NOT NULL PRIMARY KEY,
  message_id     text        NOT NULL,
  recipient_name text,
  country_code   text        NOT NULL,
  placed_at      timestamptz NOT NULL,
  line_count     integer     NOT NULL CHECK (line_count > 0),
  units          bigint      NOT NULL CHECK (units > 0)
);
CREATE TABLE movement (
  cause          text        NOT NULL CHECK (cause IN ('cancellation', 'refund', 'adjustment')),
  document_id    text        NOT NULL,
  message_id     text        NOT NULL,
  order_id       text,
  moved_at       timestamptz NOT NULL,
  on_hand_units  bigint      NOT NULL,
  reserved_units bigint      NOT NULL,
  PRIMARY KEY (cause, document_id)
);
CREATE INDEX movement_order_id ON movement (order_id) WHERE order_id IS NOT NULL;
-- Every batch updates most rows: the free space keeps the updates on their pages and out of the index (HOT).
CREATE TABLE stock (
  sku            text        NOT NULL PRIMARY KEY,
  on_hand        bigint      NOT NULL,
  reserved       bigint      NOT NULL
) WITH (fillfactor = 40);
COMMENT ON TABLE stock IS 'on_hand - reserved is available; negative means back-order.';
