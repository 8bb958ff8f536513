-- Sets how far below 0 an owner's balance may go. Answers {outcome, balance}:
--   set, overdraft_in_use (the balance and the holds need more), balance_out_of_range
CREATE OR REPLACE FUNCTION ledger.set_overdraft(app text, owner_id text, overdraft bigint) RETURNS json LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  accounts ledger.accounts[];
  made text[];
  account ledger.accounts;
  at timestamptz;
  outcome text;
BEGIN
  PERFORM ledger.assert_may_post(app);
  SELECT * INTO accounts, made FROM ledger.lock_accounts(app, ARRAY[owner_id], false);
  at := greatest(date_trunc('milliseconds', ledger.now()), accounts[1].updated_on);
  account := ledger.account_at(accounts[1], at);
  outcome := CASE
    WHEN account.balance - account.held + overdraft < 0 THEN 'overdraft_in_use'
    WHEN account.balance + overdraft > 9007199254740991 THEN 'balance_out_of_range'
    ELSE 'set'
  END;
  IF outcome = 'set' THEN
    account.overdraft := overdraft;
    account.updated_on := at;
    accounts[1] := account;
  END IF;
  PERFORM ledger.save_accounts(app, accounts, made);
  RETURN json_build_object('outcome', outcome, 'balance', ledger.balance_json(account));
END $$;

REVOKE ALL ON FUNCTION ledger.set_overdraft FROM PUBLIC;
