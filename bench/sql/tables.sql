-- The benchmark's own app, and what it is compared with. $app of bench/posting.ts is 'bench'.
CREATE EXTENSION pg_prewarm;

SELECT ledger.set_operations('bench', ledger.shared_operations());

-- What people write first: no balance is kept, and a posting adds the entries up.
CREATE SCHEMA bench_sum;
CREATE TABLE bench_sum.entries (
  LIKE ledger.entries INCLUDING DEFAULTS,
  PRIMARY KEY (id),
  UNIQUE (owner_id, nonce)
);

-- What people write next: a row with the balance, locked by each posting.
CREATE SCHEMA bench_lock;
CREATE TABLE bench_lock.accounts (LIKE ledger.accounts INCLUDING ALL);
CREATE TABLE bench_lock.entries (
  LIKE ledger.entries INCLUDING DEFAULTS,
  PRIMARY KEY (owner_id, seq),
  UNIQUE (owner_id, nonce)
);
CREATE INDEX ON bench_lock.entries (id);

-- The same table and indexes as the ledger's, for rows that COPY brings.
CREATE SCHEMA bench_copy;
CREATE TABLE bench_copy.entries (LIKE ledger.entries_bench INCLUDING ALL);

-- The same for rows that an INSERT brings, one or many: what an entry costs without a ledger around it.
CREATE SCHEMA bench_plain;
CREATE TABLE bench_plain.entries (LIKE ledger.entries_bench INCLUDING ALL);
CREATE SEQUENCE bench_plain.seq START 1000000000;
