-- Makes the accounts of the entries.
INSERT INTO ledger.accounts (book, owner_id, balance, seq, head, created_on, updated_on)
SELECT book, owner_id, max(balance_after), max(seq), (max(ARRAY[int8send(seq), hash]))[2], min(created_on), max(created_on)
  FROM ledger.entries GROUP BY book, owner_id;
