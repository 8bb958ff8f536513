-- Makes the accounts of the entries, and the same start for every table that is posted to.
INSERT INTO ledger.accounts (book, owner_id, balance, seq, head, created_on, updated_on)
SELECT book, owner_id, max(balance_after), max(seq), (max(ARRAY[int8send(seq), hash]))[2], min(created_on), max(created_on)
  FROM ledger.entries GROUP BY book, owner_id;

INSERT INTO bench_sum.entries
SELECT * FROM ledger.entries WHERE app = 'bench' AND owner_id !~ '^history-';

INSERT INTO bench_lock.entries SELECT * FROM bench_sum.entries;
INSERT INTO bench_lock.accounts SELECT * FROM ledger.accounts WHERE book = 'bench';
INSERT INTO bench_copy.entries SELECT * FROM bench_sum.entries;
-- Rows without a hash, to compare the ledger's chain with.
INSERT INTO bench_plain.entries
SELECT 'bench', 'bench', owner_id, seq, id, operation, amount, balance_after, nonce, place, transaction_id, metadata, created_on,
       reverses, refunds, hold_id, hash
  FROM ledger.entries WHERE app = 'unchained';
