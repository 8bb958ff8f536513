-- The benchmark's own app, and what it is compared with. `app` in bench/posting.ts is 'bench'.
CREATE EXTENSION pg_prewarm;

-- Entries without a hash chain are measured too.
ALTER TABLE ledger.entries ALTER hash DROP DEFAULT, ALTER hash DROP NOT NULL;
ALTER TABLE ledger.accounts ALTER head DROP NOT NULL;

SELECT ledger.set_operations('bench', ledger.shared_operations());

-- The same app without the chain: its copies of the posting functions compute no hash, and its accounts have no head.
SELECT ledger.set_operations('unchained', ledger.shared_operations());
DO $$
DECLARE
  post text := pg_get_functiondef('ledger.post_unchained'::regproc);
  append text := pg_get_functiondef('ledger.append_unchained'::regproc);
  unchained_post text := regexp_replace(post, '-- Chain\..*?END LOOP;', '');
  unchained_append text := regexp_replace(append, 'ledger.next_hash\(head.*?NULL\)\)', 'NULL::bytea');
BEGIN
  IF unchained_post = post OR unchained_append = append THEN
    RAISE EXCEPTION 'the posting functions compute their hashes in another way than bench/sql/tables.sql knows';
  END IF;
  EXECUTE unchained_post;
  EXECUTE unchained_append;
END $$;

-- What people write first: they keep no balance, and each posting adds the entries up.
CREATE SCHEMA bench_sum;
CREATE TABLE bench_sum.entries (
  LIKE ledger.entries INCLUDING DEFAULTS,
  PRIMARY KEY (id),
  UNIQUE (owner_id, nonce)
);

-- What people write next: a row with the balance, which each posting locks.
CREATE SCHEMA bench_lock;
CREATE TABLE bench_lock.accounts (LIKE ledger.accounts INCLUDING ALL);
CREATE TABLE bench_lock.entries (
  LIKE ledger.entries INCLUDING DEFAULTS,
  PRIMARY KEY (owner_id, seq),
  UNIQUE (owner_id, nonce)
);
CREATE INDEX ON bench_lock.entries (id);

-- The same table and indexes as the ledger's, for rows from COPY.
CREATE SCHEMA bench_copy;
CREATE TABLE bench_copy.entries (LIKE ledger.entries_bench INCLUDING ALL);

-- The same for rows from an INSERT, one or many: what an entry costs without a ledger around it.
CREATE SCHEMA bench_plain;
CREATE TABLE bench_plain.entries (LIKE ledger.entries_bench INCLUDING ALL);
CREATE SEQUENCE bench_plain.seq START 1000000000;
