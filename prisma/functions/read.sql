-- Returns the balances of owners as a JSON array in any order, without unknown owners. EXECUTE plans it at each call:
-- on PostgreSQL 15, a plan that was made while there were few accounts may read all of them.
CREATE OR REPLACE FUNCTION ledger.balances(app text, owner_ids text[]) RETURNS json LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off AS $$
#variable_conflict use_variable
DECLARE
  account record;
  balances json[] := '{}';
  now timestamptz := ledger.now();
BEGIN
  FOR account IN
    SELECT a.owner_id, a.balance, a.overdraft, a.held, a.holds_expire_on
      FROM ledger.accounts a WHERE a.book = app AND a.owner_id = ANY (owner_ids)
  LOOP
    balances := array_append(balances, ledger.balance_json(account.owner_id, account.balance, account.overdraft,
      ledger.held_at(app, account.owner_id, account.held, account.holds_expire_on, now)));
  END LOOP;
  RETURN to_json(balances);
END $$;

-- Returns the seq of an owner's last entry up to a moment, or 0 before the first. created_on never decreases along seq,
-- so a binary search finds it.
CREATE OR REPLACE FUNCTION ledger.seq_at(app text, owner_id text, moment timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
  low bigint := 0;
  high bigint := coalesce((SELECT a.seq FROM ledger.accounts a WHERE a.book = $1 AND a.owner_id = $2), 0);
  middle bigint;
  is_later boolean;
BEGIN
  WHILE low < high LOOP
    middle := (low + high + 1) / 2;
    EXECUTE 'SELECT e.created_on > $4 FROM ledger.entries e WHERE e.app = $1 AND e.book = $1 AND e.owner_id = $2 AND e.seq = $3'
      INTO is_later USING app, owner_id, middle, moment;
    IF is_later THEN
      high := middle - 1;
    ELSE
      low := middle;
    END IF;
  END LOOP;
  RETURN low;
END $$;
