-- Balances of owners, in the order of the list; an owner never seen has 0. Each is looked up by itself: a join that was
-- planned while there were few accounts would read all of them.
CREATE OR REPLACE FUNCTION ledger.balances(app text, owner_ids text[]) RETURNS json LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT json_agg(ledger.balance_json(ledger.account_at(
           coalesce((SELECT a FROM ledger.accounts a WHERE a.app = $1 AND a.owner_id = o.owner_id),
                    ROW($1, o.owner_id, 0, 0, 0, NULL, 0, NULL, NULL)::ledger.accounts),
           ledger.now())) ORDER BY o.place)
    FROM unnest($2) WITH ORDINALITY o (owner_id, place);
END;

-- The seq of an owner's last entry at a moment, 0 before the first: created_on never falls along seq, so that halving
-- finds it.
CREATE OR REPLACE FUNCTION ledger.seq_at(app text, owner_id text, moment timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
  low bigint := 0;
  high bigint := coalesce((SELECT a.seq FROM ledger.accounts a WHERE a.app = $1 AND a.owner_id = $2), 0);
  middle bigint;
  is_later boolean;
BEGIN
  WHILE low < high LOOP
    middle := (low + high + 1) / 2;
    EXECUTE 'SELECT e.created_on > $4 FROM ledger.entries e WHERE e.app = $1 AND e.owner_id = $2 AND e.seq = $3'
      INTO is_later USING app, owner_id, middle, moment;
    IF is_later THEN
      high := middle - 1;
    ELSE
      low := middle;
    END IF;
  END LOOP;
  RETURN low;
END $$;
