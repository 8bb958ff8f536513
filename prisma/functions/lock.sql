-- Makes missing accounts: those with these numbers, in their order. Returns the numbers of the accounts that it made.
-- Another transaction may be faster.
CREATE OR REPLACE FUNCTION ledger.make_accounts(books text[], owner_ids text[], missing integer[]) RETURNS integer[] LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  account record;
  made integer[];
BEGIN
  FOR account IN
    INSERT INTO ledger.accounts AS a (book, owner_id, head, created_on, updated_on)
    SELECT $1[m.number], $2[m.number], ledger.chain_start($1[m.number], $2[m.number]), moment.now, moment.now
      FROM unnest($3) WITH ORDINALITY m (number, place), (SELECT date_trunc('milliseconds', ledger.now()) AS now) moment
     ORDER BY m.place
    ON CONFLICT DO NOTHING
    RETURNING a.book, a.owner_id
  LOOP
    made := made || (SELECT m.number FROM unnest($3) m (number) WHERE $1[m.number] = account.book AND $2[m.number] = account.owner_id);
  END LOOP;
  RETURN made;
END $$;

-- Does the same, but leaves out accounts that another transaction is making. PostgreSQL cannot skip these. The function
-- waits for all of them together as long as lock_timeout allows, and then for each by itself for an instant, to find
-- out which they are.
CREATE OR REPLACE FUNCTION ledger.make_free_accounts(books text[], owner_ids text[], missing integer[]) RETURNS integer[] LANGUAGE plpgsql AS $$
DECLARE
  number integer;
  made integer[];
BEGIN
  BEGIN
    RETURN ledger.make_accounts(books, owner_ids, missing);
  EXCEPTION WHEN lock_not_available THEN
    SET LOCAL lock_timeout = '5ms'; -- not by set_config, which other nodes of a cluster do not hear of
  END;
  FOREACH number IN ARRAY missing LOOP
    BEGIN
      made := made || ledger.make_accounts(books, owner_ids, ARRAY[number]);
    EXCEPTION WHEN lock_not_available THEN
      CONTINUE;
    END;
  END LOOP;
  RETURN made;
END $$;

-- Locks an account that was missing a moment ago. Makes it unless another transaction was faster.
CREATE OR REPLACE FUNCTION ledger.lock_missing_account(book text, owner_id text) RETURNS TABLE (
  balance bigint, overdraft bigint, held bigint, holds_expire_on timestamptz, lots_expire_on timestamptz, seq bigint, updated_on timestamptz,
  head bytea, state text, made boolean
) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
  made := false;
  LOOP
    SELECT a.balance, a.overdraft, a.held, a.holds_expire_on, a.lots_expire_on, a.seq, a.updated_on, a.head, a.state
      INTO balance, overdraft, held, holds_expire_on, lots_expire_on, seq, updated_on, head, state
      FROM ledger.accounts a WHERE a.book = book AND a.owner_id = owner_id FOR NO KEY UPDATE;
    IF FOUND THEN
      RETURN NEXT;
      RETURN;
    END IF;
    made := ledger.make_accounts(ARRAY[book], ARRAY[owner_id], ARRAY[1]) IS NOT NULL;
  END LOOP;
END $$;

-- Locks accounts, and makes missing ones (made: their numbers). Returns their columns in the order of the list. That is
-- also the order of the locks: when all calls use the same order, no two wait for each other. Each account is looked up
-- by itself: a join that was planned while there were few accounts would read all of them.
-- skip_busy: the columns are null for an account that another transaction has locked or is making.
CREATE OR REPLACE FUNCTION ledger.lock_accounts(
  books text[], owner_ids text[], skip_busy boolean,
  OUT balances bigint[], OUT overdrafts bigint[], OUT helds bigint[], OUT expiries timestamptz[], OUT lot_expiries timestamptz[], OUT seqs bigint[],
  OUT updates timestamptz[], OUT heads bytea[], OUT states text[], OUT made integer[]
) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  missing integer[];
BEGIN
  IF NOT skip_busy THEN
    SELECT array_agg(coalesce(a.balance, m.balance)), array_agg(coalesce(a.overdraft, m.overdraft)),
           array_agg(coalesce(a.held, m.held)), array_agg(coalesce(a.holds_expire_on, m.holds_expire_on)),
           array_agg(coalesce(a.lots_expire_on, m.lots_expire_on)), array_agg(coalesce(a.seq, m.seq)), array_agg(coalesce(a.updated_on, m.updated_on)),
           array_agg(coalesce(a.head, m.head)), array_agg(coalesce(a.state, m.state)), array_agg(o.number) FILTER (WHERE m.made)
      INTO balances, overdrafts, helds, expiries, lot_expiries, seqs, updates, heads, states, made
      FROM unnest(books, owner_ids) WITH ORDINALITY o (book, owner_id, number) LEFT JOIN LATERAL (
        SELECT a.* FROM ledger.accounts a WHERE a.book = o.book AND a.owner_id = o.owner_id FOR NO KEY UPDATE
      ) a ON true LEFT JOIN LATERAL (
        SELECT m.* FROM ledger.lock_missing_account(o.book, o.owner_id) m WHERE a.seq IS NULL OFFSET 0
      ) m ON true;
    RETURN;
  END IF;

  LOOP
    SELECT array_agg(a.balance), array_agg(a.overdraft), array_agg(a.held), array_agg(a.holds_expire_on), array_agg(a.lots_expire_on), array_agg(a.seq),
           array_agg(a.updated_on), array_agg(a.head), array_agg(a.state)
      INTO balances, overdrafts, helds, expiries, lot_expiries, seqs, updates, heads, states
      FROM unnest(books, owner_ids) o (book, owner_id) LEFT JOIN LATERAL (
        SELECT a.* FROM ledger.accounts a WHERE a.book = o.book AND a.owner_id = o.owner_id FOR NO KEY UPDATE SKIP LOCKED
      ) a ON true;
    EXIT WHEN made IS NOT NULL OR array_position(updates, NULL) IS NULL;
    -- Some are busy, or missing: these are made, and all are looked at once more.
    missing := (
      SELECT array_agg(o.number ORDER BY o.number)
        FROM unnest(books, owner_ids, updates) WITH ORDINALITY o (book, owner_id, locked, number)
       WHERE o.locked IS NULL AND (SELECT a.seq FROM ledger.accounts a WHERE a.book = o.book AND a.owner_id = o.owner_id) IS NULL);
    EXIT WHEN missing IS NULL;
    made := ledger.make_free_accounts(books, owner_ids, missing);
    EXIT WHEN made IS NULL;
  END LOOP;
END $$;

-- Removes accounts that were made and that no line has used. EXECUTE plans it at each call, as in ledger.balances.
CREATE OR REPLACE FUNCTION ledger.remove_unused_accounts(books text[], owner_ids text[], made integer[]) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_variable
DECLARE
  number integer;
BEGIN
  FOREACH number IN ARRAY made LOOP
    DELETE FROM ledger.accounts a
     WHERE a.book = books[number] AND a.owner_id = owner_ids[number] AND a.seq = 0 AND a.held = 0 AND a.overdraft = 0;
  END LOOP;
END $$;
