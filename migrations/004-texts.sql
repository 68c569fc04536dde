-- Texts that many rows share (ids of accounts, operations, content types) are kept once, and rows hold their number: a third
-- less for a create to write. Texts are few and never removed, so a number always means the same; hence no foreign keys,
-- each of which would cost every create a look-up.
CREATE TABLE texts (
  number INTEGER PRIMARY KEY,
  text   TEXT NOT NULL UNIQUE
) STRICT;

INSERT INTO texts (text)
  SELECT account_id FROM carriers UNION SELECT account_id FROM idempotency_records
  UNION SELECT operation FROM idempotency_records UNION SELECT content_type FROM idempotency_records;

DROP INDEX carriers_by_account;
ALTER TABLE carriers RENAME TO old_carriers;
ALTER TABLE idempotency_records RENAME TO old_records;

CREATE TABLE carriers (
  id                         TEXT NOT NULL,
  account                    INTEGER NOT NULL,
  voip_carrier_sid           TEXT NOT NULL,
  sip_gateway_sid            TEXT NOT NULL,
  carrier_name               TEXT NOT NULL,
  trunk_type                 TEXT NOT NULL CHECK (trunk_type IN ('static_ip', 'auth', 'reg')),
  gateway_ipv4               TEXT,
  gateway_port               INTEGER,
  gateway_inbound            INTEGER,
  gateway_outbound           INTEGER,
  registration_password_sent INTEGER NOT NULL,
  inbound_password_sent      INTEGER NOT NULL,
  created_at                 INTEGER NOT NULL
) STRICT;

INSERT INTO carriers
  SELECT id, (SELECT number FROM texts WHERE text = account_id), voip_carrier_sid, sip_gateway_sid, carrier_name, trunk_type,
         gateway_ipv4, gateway_port, gateway_inbound, gateway_outbound, registration_password_sent, inbound_password_sent,
         created_at
  FROM old_carriers ORDER BY rowid;

CREATE INDEX carriers_by_account ON carriers (account, created_at);

CREATE TABLE idempotency_records (
  account      INTEGER NOT NULL,
  key          TEXT NOT NULL,
  operation    INTEGER NOT NULL,
  fingerprint  TEXT NOT NULL,
  status       INTEGER NOT NULL,
  content_type INTEGER NOT NULL,
  body         TEXT NOT NULL,
  created_at   INTEGER NOT NULL,
  UNIQUE (account, key)
) STRICT;

INSERT INTO idempotency_records
  SELECT (SELECT number FROM texts WHERE text = account_id), key, (SELECT number FROM texts WHERE text = operation), fingerprint,
         status, (SELECT number FROM texts WHERE text = content_type), body, created_at
  FROM old_records ORDER BY rowid;

DROP TABLE old_carriers;
DROP TABLE old_records;
