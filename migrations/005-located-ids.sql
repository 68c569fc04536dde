-- Carriers are looked up by two of their ids. An index of random ids would cost each create a third of its time in the
-- database, so ids tell where their row is (store/located-ids.ts). The row's number is declared, since VACUUM gives others to
-- undeclared ones. Only ids that were given, by a seed or a document, and those of before, are in an index.
ALTER TABLE carriers RENAME TO old_carriers;
DROP INDEX carriers_by_account;

CREATE TABLE carriers (
  rowid                      INTEGER PRIMARY KEY,
  given_ids                  INTEGER NOT NULL,
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

-- Imports kept ids as they were spelled, and paths are looked up in lower case.
INSERT INTO carriers
  SELECT rowid, 1, lower(id), account, lower(voip_carrier_sid), sip_gateway_sid, carrier_name, trunk_type, gateway_ipv4, gateway_port,
         gateway_inbound, gateway_outbound, registration_password_sent, inbound_password_sent, created_at
  FROM old_carriers ORDER BY rowid;

DROP TABLE old_carriers;

CREATE INDEX carriers_by_account ON carriers (account, created_at);
CREATE INDEX carriers_by_given_id ON carriers (id) WHERE given_ids;
CREATE INDEX carriers_by_given_voip_carrier_sid ON carriers (voip_carrier_sid) WHERE given_ids;
