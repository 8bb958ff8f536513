-- Makes the same start for every table that is posted to.
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
