-- Returns the balances of owners in a book as a JSON array in any order, without unknown owners. It reads with the rights of
-- its owner, because holds of other apps count, too. EXECUTE plans it at each call: on PostgreSQL 15, a plan that was made
-- while there were few accounts may read all of them.
CREATE OR REPLACE FUNCTION ledger.balances(book text, owner_ids text[]) RETURNS json LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan SET enable_seqscan = off AS $$
#variable_conflict use_variable
DECLARE
  account record;
  balances json[] := '{}';
  now timestamptz := ledger.now();
BEGIN
  IF NOT ledger.may_use_book(book) THEN
    RETURN '[]';
  END IF;
  FOR account IN
    SELECT a.owner_id, a.balance::bigint, a.overdraft, a.held::bigint, a.holds_expire_on, a.lots_expire_on, a.state
      FROM ledger.accounts a WHERE a.book = book AND a.owner_id = ANY (owner_ids)
  LOOP
    -- A hold or a lot has expired since the account was written. One statement reads all: on a cluster, two statements may
    -- see the account before a posting and its holds after it.
    IF account.holds_expire_on <= now OR account.lots_expire_on <= now THEN
      EXECUTE format('
        SELECT a.owner_id, (a.balance - %s)::bigint AS balance, a.overdraft, (%s)::bigint AS held,
               a.holds_expire_on, a.lots_expire_on, a.state
          FROM ledger.accounts a WHERE a.book = $1 AND a.owner_id = $2', ledger.expired_credits('$3'), ledger.held_credits('$3'))
        INTO account USING book, account.owner_id, now;
    END IF;
    balances := array_append(balances, ledger.balance_json(account.owner_id, account.balance, account.overdraft, account.held, account.state));
  END LOOP;
  RETURN to_json(balances);
END $$;

-- Returns the seq of the last entry up to a moment that these apps have in an account, or one between it and their next
-- entry. 0 before the first. created_on never decreases along seq, so a binary search finds it. On a cluster, the owner's
-- node does all of its steps. Each asks in the order of the index on seq: to the planner any index that begins with the
-- owner is as good for an equal one. OFFSET 0: asks once a step.
CREATE OR REPLACE FUNCTION ledger.last_seq(apps text[], book text, owner_id text, moment timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
  found bigint;
BEGIN
  EXECUTE '
    WITH RECURSIVE search (low, high) AS (
      SELECT 0::bigint, a.seq::bigint FROM ledger.accounts a WHERE a.book = $2 AND a.owner_id = $3
      UNION ALL
      SELECT CASE WHEN is_later THEN low ELSE middle END, CASE WHEN is_later THEN middle - 1 ELSE high END
        FROM (
          SELECT low, high, middle, (
                   SELECT e.created_on > $4 FROM ledger.entries e
                    WHERE e.app = ANY ($1) AND e.book = $2 AND e.owner_id = $3 AND e.seq >= middle ORDER BY e.seq LIMIT 1
                 ) AS is_later
            FROM (SELECT low, high, (low + high + 1) / 2 AS middle FROM search WHERE low < high) step OFFSET 0
        ) judged
    )
    SELECT low FROM search WHERE low = high'
    INTO found USING apps, book, owner_id, moment;
  RETURN coalesce(found, 0);
END $$;

-- Returns the same for one app. book: null for the app's own.
CREATE OR REPLACE FUNCTION ledger.seq_at(app text, owner_id text, moment timestamptz, book text DEFAULT NULL) RETURNS bigint LANGUAGE sql STABLE
RETURN ledger.last_seq(ARRAY[app], coalesce(book, app), owner_id, moment);
