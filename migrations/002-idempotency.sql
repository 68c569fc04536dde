-- One row keeps one answer for a retry. There is no foreign key to the carrier: the answer outlives a deletion.
-- Rows are in the order of their age, since the clock never runs backwards; so the oldest is found without an index.
-- A rowid table on purpose: WITHOUT ROWID spills rows of this length and takes three times the space.
CREATE TABLE idempotency_records (
  account_id   TEXT NOT NULL,
  key          TEXT NOT NULL,
  operation    TEXT NOT NULL,
  fingerprint  TEXT NOT NULL,
  status       INTEGER NOT NULL,
  content_type TEXT NOT NULL,
  body         TEXT NOT NULL,
  created_at   INTEGER NOT NULL,
  UNIQUE (account_id, key)
) STRICT;

-- Request bodies hold SIP passwords, so their fingerprints are keyed with a secret that only this file knows.
CREATE TABLE fingerprint_secret (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  secret   BLOB NOT NULL
) STRICT;

INSERT INTO fingerprint_secret (only_row, secret) VALUES (1, randomblob(32));
