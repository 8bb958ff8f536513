-- An account's live holds at a moment: their sum, and when the first of them expires. pending: a call's own entries, not
-- yet written.
CREATE OR REPLACE FUNCTION ledger.live_holds(
  account ledger.accounts, at timestamptz, pending ledger.entries[], OUT held bigint, OUT expire_on timestamptz
) LANGUAGE sql STABLE AS $$
  SELECT coalesce(sum(h.amount), 0)::bigint, min(h.expires_on)
    FROM ledger.holds h
   WHERE h.app = (account).app AND h.owner_id = (account).owner_id AND h.expires_on > at AND h.released_on IS NULL
     AND NOT EXISTS (SELECT FROM unnest(pending) e WHERE e.hold_id = h.id)
$$;

-- The account with what has expired by then no longer held.
CREATE OR REPLACE FUNCTION ledger.account_at(
  account ledger.accounts, at timestamptz, pending ledger.entries[] DEFAULT '{}'
) RETURNS ledger.accounts LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF account.holds_expire_on <= at THEN
    SELECT * INTO account.held, account.holds_expire_on FROM ledger.live_holds(account, at, pending);
  END IF;
  RETURN account;
END $$;

-- An account's hold of this id, of nulls where it has none. pending: a call's own entries, not yet written.
CREATE OR REPLACE FUNCTION ledger.hold_of(
  account ledger.accounts, id bigint, pending ledger.entries[] DEFAULT '{}'
) RETURNS ledger.holds LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
DECLARE
  hold ledger.holds;
  capture ledger.entries;
BEGIN
  IF id IS NOT NULL THEN
    SELECT * INTO hold FROM ledger.holds h WHERE h.app = account.app AND h.owner_id = account.owner_id AND h.id = id;
    SELECT * INTO capture FROM unnest(pending) e WHERE e.hold_id = hold.id;
    IF FOUND THEN
      hold.released_on := capture.created_on;
      hold.captured_by := capture.id;
    END IF;
  END IF;
  RETURN hold;
END $$;

-- Sets credits of an owner aside: they count as spent until the hold is captured, released or expired.
-- request: like a transaction of one line, which neither corrects nor captures. Answers {outcome} and:
--   held         {hold, balance}
--   duplicate, any other   as ledger.post; a duplicate is identical if it is a hold of the same operation, amount,
--                metadata and duration
CREATE OR REPLACE FUNCTION ledger.hold(
  app text, owner_id text, transaction json, duration_ms bigint, dry_run boolean
) RETURNS json LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_variable
DECLARE
  request ledger.request := json_populate_record(NULL::ledger.request, transaction);
  line ledger.line := request.lines[1];
  duration interval := duration_ms * interval '1 millisecond';
  original ledger.original;
  accounts ledger.accounts[];
  made text[];
  account ledger.accounts;
  at timestamptz;
  verdict ledger.verdict;
  hold ledger.holds;
  answer json;
BEGIN
  PERFORM ledger.assert_may_post(app);
  IF cardinality(request.lines) IS DISTINCT FROM 1 OR line.account IS DISTINCT FROM 1
     OR num_nonnulls(line.reverses, line.refunds, line.hold_id) > 0 THEN
    RAISE EXCEPTION 'a hold has one line, of account 1, which neither corrects nor captures'
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT * INTO accounts, made FROM ledger.lock_accounts(app, ARRAY[owner_id], false);
  original := (ledger.originals_of(app, ARRAY[owner_id], ARRAY[request]))[1];
  at := greatest(date_trunc('milliseconds', ledger.now()), accounts[1].updated_on);
  account := ledger.account_at(accounts[1], at);
  IF original.account IS NOT NULL THEN
    hold := ledger.hold_of(account, original.hold_id);
    RETURN ledger.duplicate_json(request, original, ARRAY[owner_id], account, at, '{}')::jsonb || jsonb_build_object(
      'identical', hold.id IS NOT NULL AND hold.operation = line.operation AND hold.metadata = request.metadata
        AND hold.amount = coalesce(-line.requested, hold.amount) AND hold.expires_on = hold.created_on + duration);
  END IF;

  verdict := CASE WHEN request.invalid THEN ROW('invalid', NULL)::ledger.verdict ELSE ledger.judge(account, line, ledger.retired_operations(app), NULL, at, '{}') END;
  IF verdict.refusal IS NOT NULL THEN
    answer := json_build_object(
      'outcome', verdict.refusal, 'line', 0, 'balance', ledger.balance_json(account), 'details', verdict.details);
  ELSE
    hold.app := app;
    hold.owner_id := owner_id;
    hold.id := CASE WHEN dry_run THEN 0 ELSE nextval(pg_get_serial_sequence('ledger.holds', 'id')) END;
    hold.operation := line.operation;
    hold.amount := -line.amount;
    hold.nonce := request.nonce;
    hold.metadata := request.metadata;
    hold.created_on := at;
    hold.expires_on := at + duration;
    account.held := account.held + hold.amount;
    account.holds_expire_on := least(account.holds_expire_on, hold.expires_on);
    account.updated_on := at;
    accounts[1] := account;
    answer := json_build_object('outcome', 'held', 'hold', ledger.hold_json(hold, at), 'balance', ledger.balance_json(account));
  END IF;
  IF hold.id > 0 THEN
    PERFORM ledger.assert_declared(app, hold.operation);
    INSERT INTO ledger.holds SELECT (hold).*;
  END IF;
  PERFORM ledger.save_accounts(app, CASE WHEN NOT dry_run THEN accounts END, made);
  RETURN answer;
END $$;

REVOKE ALL ON FUNCTION ledger.hold FROM PUBLIC;

-- Lets an owner have the credits of a hold back. Answers {outcome} and {hold, balance}:
--   released         also when it was released before, or had expired
--   hold_captured, hold_not_found
CREATE OR REPLACE FUNCTION ledger.release_hold(app text, owner_id text, id bigint) RETURNS json LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_variable
DECLARE
  accounts ledger.accounts[];
  made text[];
  account ledger.accounts;
  at timestamptz;
  hold ledger.holds;
BEGIN
  PERFORM ledger.assert_may_post(app);
  SELECT * INTO accounts, made FROM ledger.lock_accounts(app, ARRAY[owner_id], false);
  at := greatest(date_trunc('milliseconds', ledger.now()), accounts[1].updated_on);
  account := ledger.account_at(accounts[1], at);
  hold := ledger.hold_of(account, id);
  IF hold.released_on IS NULL AND hold.expires_on > at THEN
    hold.released_on := at;
    UPDATE ledger.holds h SET released_on = at WHERE h.app = app AND h.owner_id = owner_id AND h.id = id;
    account.updated_on := at;
    SELECT * INTO account.held, account.holds_expire_on FROM ledger.live_holds(account, at, '{}');
    accounts[1] := account;
  END IF;
  PERFORM ledger.save_accounts(app, accounts, made);
  RETURN json_build_object(
    'outcome', CASE WHEN hold.id IS NULL THEN 'hold_not_found' WHEN hold.captured_by IS NOT NULL THEN 'hold_captured' ELSE 'released' END,
    'hold', CASE WHEN hold.id IS NOT NULL THEN ledger.hold_json(hold, at) END,
    'balance', ledger.balance_json(account));
END $$;

REVOKE ALL ON FUNCTION ledger.release_hold FROM PUBLIC;
