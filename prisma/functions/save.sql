-- Writes what became of locked accounts, and removes those that were made for nothing. ON CONFLICT finds each by its
-- key, whatever the planner believes; and one statement checks the constraints of all, which takes less time than theirs
-- would take one by one.
CREATE OR REPLACE FUNCTION ledger.save_accounts(app text, accounts ledger.accounts[], made text[]) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
  INSERT INTO ledger.accounts AS a
  SELECT s.* FROM unnest(accounts) s WHERE s.app IS NOT NULL
  ON CONFLICT ON CONSTRAINT accounts_pkey DO UPDATE
     SET balance = excluded.balance, overdraft = excluded.overdraft, held = excluded.held,
         holds_expire_on = excluded.holds_expire_on, seq = excluded.seq, updated_on = excluded.updated_on
   WHERE a IS DISTINCT FROM excluded;
  IF made IS NOT NULL THEN
    DELETE FROM ledger.accounts a
     WHERE a.app = app AND a.owner_id = ANY (made) AND a.seq = 0 AND a.held = 0 AND a.overdraft = 0;
  END IF;
END $$;
