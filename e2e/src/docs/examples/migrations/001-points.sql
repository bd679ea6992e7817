CREATE TABLE points (
  order_id     text    NOT NULL PRIMARY KEY,
  customer_ref text    NOT NULL,
  points       integer NOT NULL CHECK (points >= 0)
);
