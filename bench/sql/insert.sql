-- Inserts entries of the owners $1, with the transaction ids $2 and the nonces $3, as plain rows.
INSERT INTO bench_plain.entries (
  app, book, owner_id, seq, operation, amount, balance_after, nonce, transaction_id, metadata, created_on
)
SELECT 'bench', 'bench', r.owner_id, nextval('bench_plain.seq'), 'CREDIT_SPEND', -1, 1, r.nonce, r.id, '{}', now()
  FROM unnest($1::text[], $2::uuid[], $3::text[]) r (owner_id, id, nonce)
