-- Posts the usual request: one plain entry, without a limit. It posts the entry when the account exists and is free,
-- the nonce is new, the account is open and has no lots, none of its holds has expired, and the balance allows it. Otherwise ledger.post_template
-- decides, under the same lock and before anything is written, so that only one function judges. Returns {now,
-- transaction, id, seq, balance, overdraft, held} for the entry, or what ledger.post_template returns.
CREATE OR REPLACE FUNCTION ledger.append_template(
  owner_id text, attempt uuid, nonce text, metadata text, operation text, amount bigint, requested bigint,
  skip_busy boolean DEFAULT false, lock_ms integer DEFAULT NULL, book text DEFAULT 'template'
) RETURNS json LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_variable
DECLARE
  app CONSTANT text := 'template';
  balance bigint; overdraft bigint; held bigint; expiry timestamptz; has_lots boolean; seq bigint; at timestamptz; head bytea; state text;
  entry_id bigint;
  transaction_id uuid;
  shard bigint;
  answer json;
BEGIN
  IF lock_ms IS NOT NULL THEN
    PERFORM set_config('lock_timeout', lock_ms::text, true);
  END IF;
  IF book <> app THEN
    PERFORM ledger.assert_books(app, ARRAY[book]);
  END IF;
  IF ledger.is_cluster() THEN
    shard := ledger.own_shard(app, ARRAY[owner_id]);
    IF shard IS NOT NULL THEN
      EXECUTE format('SELECT ledger.append_%s($1, $2, $3, $4, $5, $6, $7, $8, NULL, $9)', shard)
         INTO answer USING owner_id, attempt, nonce, metadata, operation, amount, requested, skip_busy, book;
      RETURN answer;
    END IF; -- otherwise ledger.post_template posts it: each statement costs more than the judgement
  ELSIF skip_busy THEN
    SELECT a.balance + amount, a.overdraft, a.held, a.holds_expire_on, a.lots_expire_on IS NOT NULL, a.seq + 1, a.updated_on, a.head, a.state
      INTO balance, overdraft, held, expiry, has_lots, seq, at, head, state
      FROM ledger.accounts a WHERE a.book = book AND a.owner_id = owner_id FOR NO KEY UPDATE SKIP LOCKED;
  ELSE
    SELECT a.balance + amount, a.overdraft, a.held, a.holds_expire_on, a.lots_expire_on IS NOT NULL, a.seq + 1, a.updated_on, a.head, a.state
      INTO balance, overdraft, held, expiry, has_lots, seq, at, head, state
      FROM ledger.accounts a WHERE a.book = book AND a.owner_id = owner_id FOR NO KEY UPDATE;
  END IF;
  -- The parent before its partition, as every migration does that changes which partitions there are.
  IF NOT ledger.is_cluster() AND NOT ledger.is_shard() THEN
    LOCK TABLE ONLY ledger.entries IN ROW EXCLUSIVE MODE;
  END IF;
  IF at < ledger.now() THEN
    at := date_trunc('milliseconds', ledger.now());
  END IF;
  IF state IS NULL AND NOT has_lots AND (expiry IS NULL OR expiry > at) AND (amount >= 0 OR balance - held + overdraft >= 0) AND balance + overdraft <= 9007199254740991 THEN
    transaction_id := ledger.transaction_id(attempt, owner_id, nonce, nullif(book, app));
    INSERT INTO ledger.entries_template AS e (
      app, book, owner_id, seq, id, operation, amount, balance_after, nonce, transaction_id, metadata, created_on, hash)
    SELECT app, book, owner_id, seq, n.id, operation, amount, balance, nonce, transaction_id, n.metadata, at,
           ledger.next_hash(head, ledger.entry_form(
             app, book, owner_id, seq, n.id, operation, amount, balance, nonce, 1, transaction_id, n.metadata, at, NULL, NULL, NULL))
      FROM (SELECT nextval('ledger.entries_id_seq') AS id, coalesce(metadata, '{}')::jsonb AS metadata) n
     WHERE (SELECT e.nonce FROM ledger.entries_template e
             WHERE e.book = book AND e.owner_id = owner_id AND e.nonce BETWEEN nonce AND nonce ORDER BY e.nonce LIMIT 1) IS NULL
       AND (SELECT h.nonce FROM ledger.holds h
             WHERE h.app = app AND h.book = book AND h.owner_id = owner_id AND h.nonce BETWEEN nonce AND nonce ORDER BY h.nonce LIMIT 1) IS NULL
       AND operation <> ALL ((SELECT p.retired FROM ledger.apps p WHERE p.app = app)::text[])
    RETURNING e.id, e.hash INTO entry_id, head;
    IF entry_id IS NOT NULL THEN
      UPDATE ledger.accounts a SET balance = balance, seq = seq, updated_on = at, head = head
       WHERE a.book = book AND a.owner_id = owner_id AND a.seq = seq - 1;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'the account has changed since it was locked' USING ERRCODE = 'serialization_failure';
      END IF;
      RETURN json_build_object('now', at, 'transaction', transaction_id, 'id', entry_id, 'seq', seq, 'balance', balance,
                               'overdraft', overdraft, 'held', held);
    END IF;
  END IF;
  RETURN ledger.post_template(owner_id, ARRAY[owner_id], ARRAY[1], json_build_object(
    'book', CASE WHEN book <> app THEN ARRAY[book] END, 'id', ARRAY[attempt], 'nonce', ARRAY[nonce], 'metadata', ARRAY[metadata], 'request', ARRAY[1], 'account', ARRAY[1],
    'operation', ARRAY[operation], 'amount', ARRAY[amount], 'requested', ARRAY[requested]), skip_busy, lock_ms);
END $$;

REVOKE ALL ON FUNCTION ledger.append_template FROM PUBLIC;
