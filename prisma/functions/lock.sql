-- Makes missing accounts, in the order of the list. Returns the accounts that it made. Another transaction may be
-- faster.
CREATE OR REPLACE FUNCTION ledger.make_accounts(book text, owner_ids text[]) RETURNS text[] LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  owner_id text;
  made text[];
BEGIN
  FOR owner_id IN
    INSERT INTO ledger.accounts AS a (book, owner_id, head, created_on, updated_on)
    SELECT $1, o.owner_id, ledger.chain_start($1, o.owner_id), moment.now, moment.now
      FROM unnest($2) WITH ORDINALITY o (owner_id, place), (SELECT date_trunc('milliseconds', ledger.now()) AS now) moment
     ORDER BY o.place
    ON CONFLICT DO NOTHING
    RETURNING a.owner_id
  LOOP
    made := array_append(made, owner_id);
  END LOOP;
  RETURN made;
END $$;

-- Does the same, but leaves out accounts that another transaction is making. PostgreSQL cannot skip these. The function
-- waits for all of them together as long as lock_timeout allows, and then for each by itself for an instant, to find
-- out which they are.
CREATE OR REPLACE FUNCTION ledger.make_free_accounts(book text, owner_ids text[]) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  owner_id text;
  made text[];
BEGIN
  BEGIN
    RETURN ledger.make_accounts(book, owner_ids);
  EXCEPTION WHEN lock_not_available THEN
    SET LOCAL lock_timeout = '5ms'; -- not by set_config, which other nodes of a cluster do not hear of
  END;
  FOREACH owner_id IN ARRAY owner_ids LOOP
    BEGIN
      made := made || ledger.make_accounts(book, ARRAY[owner_id]);
    EXCEPTION WHEN lock_not_available THEN
      CONTINUE;
    END;
  END LOOP;
  RETURN made;
END $$;

-- Locks an account that was missing a moment ago. Makes it unless another transaction was faster.
CREATE OR REPLACE FUNCTION ledger.lock_missing_account(book text, owner_id text) RETURNS TABLE (
  balance bigint, overdraft bigint, held bigint, holds_expire_on timestamptz, seq bigint, updated_on timestamptz, head bytea, made boolean
) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
  made := false;
  LOOP
    SELECT a.balance, a.overdraft, a.held, a.holds_expire_on, a.seq, a.updated_on, a.head
      INTO balance, overdraft, held, holds_expire_on, seq, updated_on, head
      FROM ledger.accounts a WHERE a.book = book AND a.owner_id = owner_id FOR NO KEY UPDATE;
    IF FOUND THEN
      RETURN NEXT;
      RETURN;
    END IF;
    made := ledger.make_accounts(book, ARRAY[owner_id]) IS NOT NULL;
  END LOOP;
END $$;

-- Locks the accounts of a book's owners, and makes missing ones (made). Returns their columns in the order of the list.
-- That is also the order of the locks: when all calls use the same order, no two wait for each other. Each account is
-- looked up by itself: a join that was planned while there were few accounts would read all of them.
-- skip_busy: the columns are null for an account that another transaction has locked or is making.
CREATE OR REPLACE FUNCTION ledger.lock_accounts(
  book text, owner_ids text[], skip_busy boolean,
  OUT balances bigint[], OUT overdrafts bigint[], OUT helds bigint[], OUT expiries timestamptz[], OUT seqs bigint[],
  OUT updates timestamptz[], OUT heads bytea[], OUT made text[]
) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  missing text[];
BEGIN
  IF NOT skip_busy THEN
    SELECT array_agg(coalesce(a.balance, m.balance)), array_agg(coalesce(a.overdraft, m.overdraft)),
           array_agg(coalesce(a.held, m.held)), array_agg(coalesce(a.holds_expire_on, m.holds_expire_on)),
           array_agg(coalesce(a.seq, m.seq)), array_agg(coalesce(a.updated_on, m.updated_on)),
           array_agg(coalesce(a.head, m.head)), array_agg(o.owner_id) FILTER (WHERE m.made)
      INTO balances, overdrafts, helds, expiries, seqs, updates, heads, made
      FROM unnest(owner_ids) o (owner_id) LEFT JOIN LATERAL (
        SELECT a.* FROM ledger.accounts a WHERE a.book = book AND a.owner_id = o.owner_id FOR NO KEY UPDATE
      ) a ON true LEFT JOIN LATERAL (
        SELECT m.* FROM ledger.lock_missing_account(book, o.owner_id) m WHERE a.seq IS NULL OFFSET 0
      ) m ON true;
    RETURN;
  END IF;

  LOOP
    SELECT array_agg(a.balance), array_agg(a.overdraft), array_agg(a.held), array_agg(a.holds_expire_on), array_agg(a.seq),
           array_agg(a.updated_on), array_agg(a.head)
      INTO balances, overdrafts, helds, expiries, seqs, updates, heads
      FROM unnest(owner_ids) o (owner_id) LEFT JOIN LATERAL (
        SELECT a.* FROM ledger.accounts a WHERE a.book = book AND a.owner_id = o.owner_id FOR NO KEY UPDATE SKIP LOCKED
      ) a ON true;
    EXIT WHEN made IS NOT NULL OR array_position(updates, NULL) IS NULL;
    -- Some are busy, or missing: these are made, and all are looked at once more.
    missing := (
      SELECT array_agg(o.owner_id)
        FROM unnest(owner_ids, updates) o (owner_id, locked)
       WHERE o.locked IS NULL AND (SELECT a.seq FROM ledger.accounts a WHERE a.book = book AND a.owner_id = o.owner_id) IS NULL);
    EXIT WHEN missing IS NULL;
    made := ledger.make_free_accounts(book, missing);
    EXIT WHEN made IS NULL;
  END LOOP;
END $$;

-- Removes accounts that were made and that no line has used. EXECUTE plans it at each call, as in ledger.balances.
CREATE OR REPLACE FUNCTION ledger.remove_unused_accounts(book text, made text[]) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_variable
BEGIN
  DELETE FROM ledger.accounts a
   WHERE a.book = book AND a.owner_id = ANY (made) AND a.seq = 0 AND a.held = 0 AND a.overdraft = 0;
END $$;
