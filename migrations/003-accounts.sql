-- Each account has a clock of its own, which must not start before what the account has stored; and a test resets,
-- exports and counts one account among many. Records with a key are found by their unique index.
-- About 60 bytes per carrier, written in order for each account.
CREATE INDEX carriers_by_account ON carriers (account_id, created_at);
