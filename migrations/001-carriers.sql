-- One row is one carrier with its gateway, so neither can exist without the other.
-- Credentials are needed for nothing: only whether a password was sent is kept.
-- A gateway setting that the strictness in force does not judge, and that is not usable, is NULL.
-- Nothing looks a carrier up yet, so nothing is indexed: a random id in an index costs every create a page.
-- Instants are milliseconds since 1970-01-01 UTC.
CREATE TABLE carriers (
  id                         TEXT NOT NULL,
  account_id                 TEXT NOT NULL,
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
