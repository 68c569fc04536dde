-- A deletion is soft: the row stays to be read. Its number is free again, and it is no longer listed.
-- Carriers are named by their sid, without a foreign key: the system's carrier has no row, and those of deleted numbers may go.
-- next_* is what a pending number becomes at an instant of the account's clock.
-- Instants are milliseconds since 1970-01-01 UTC.
CREATE TABLE phone_numbers (
  rowid              INTEGER PRIMARY KEY,
  given_ids          INTEGER NOT NULL,
  id                 TEXT NOT NULL,
  account            INTEGER NOT NULL,
  number             TEXT NOT NULL,
  voip_carrier_sid   TEXT,
  carrier_name       TEXT,
  source             TEXT NOT NULL CHECK (source IN ('topcalls', 'byoc', 'manual', 'import', 'twilio')),
  phone_number_sid   TEXT,
  status             TEXT NOT NULL CHECK (status IN ('active', 'inactive', 'pending', 'failed', 'deleted')),
  label              TEXT,
  error_message      TEXT,
  created_by_user_id TEXT,
  created_at         INTEGER NOT NULL,
  updated_at         INTEGER NOT NULL,
  next_status        TEXT CHECK (next_status IN ('active', 'inactive', 'failed')),
  next_at            INTEGER,
  next_error_message TEXT
) STRICT;

CREATE UNIQUE INDEX phone_numbers_by_number ON phone_numbers (account, number) WHERE status <> 'deleted';
CREATE INDEX phone_numbers_by_account ON phone_numbers (account, created_at) WHERE status <> 'deleted';
CREATE INDEX phone_numbers_by_carrier ON phone_numbers (account, voip_carrier_sid) WHERE status <> 'deleted';
CREATE INDEX phone_numbers_by_change ON phone_numbers (account, updated_at);
CREATE INDEX phone_numbers_by_given_id ON phone_numbers (id) WHERE given_ids;
