-- Reads every table and index into PostgreSQL's buffers.
SELECT count(pg_prewarm(c.oid))
  FROM pg_class c
 WHERE c.relkind IN ('r', 'i') AND c.relnamespace::regnamespace::text ~ '^(ledger|bench_)';
