-- Each account has a clock of its own, which must not start before what the account has stored; and a test resets,
-- exports and counts one account among many. Records with a key are found by their unique index.
CREATE INDEX carriers_by_account ON carriers (account_id);
