-- $2 entries for each of the owners $1, as if posted one per second.
INSERT INTO ledger.entries (
  app, book, owner_id, seq, operation, amount, balance_after, nonce, transaction_id, created_on
)
SELECT 'bench', 'bench', o.owner_id, s.seq, 'CREDIT_ADD', 1000000, 1000000 * s.seq, 'history-' || s.seq, uuidv7(),
       date_trunc('second', ledger.now()) - interval '1 year' + s.seq * interval '1 second'
  FROM unnest($1::text[]) o (owner_id), generate_series(1, $2::bigint) s (seq);
