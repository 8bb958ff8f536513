-- Makes $2 entries of the app $3 for each of the owners $1, spread over the last year. Their hashes are invented, because
-- nothing verifies them.
INSERT INTO ledger.entries (
  app, book, owner_id, seq, operation, amount, balance_after, nonce, transaction_id, created_on, hash
)
SELECT $3, $3, o.owner_id, s.seq, 'CREDIT_ADD', 1000000, 1000000 * s.seq, 'history-' || s.seq, uuidv7(),
       date_trunc('second', ledger.now()) - interval '1 year' + s.seq * (interval '1 year' / $2::bigint),
       CASE WHEN $3 <> 'unchained' THEN sha256(int8send(s.seq)) END
  FROM unnest($1::text[]) o (owner_id), generate_series(1, $2::bigint) s (seq);
