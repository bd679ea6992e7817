CREATE TABLE billing_customer (
  customer_id   text        NOT NULL PRIMARY KEY,
  message_id    text        NOT NULL,
  legal_name    text        NOT NULL,
  address_lines text[]      NOT NULL,
  city          text,
  region        text,
  postal_code   text,
  country_code  text,
  email         text,
  registered_at timestamptz NOT NULL
);
