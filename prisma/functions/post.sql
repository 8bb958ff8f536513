-- Posting: the one way in which entries, holds and overdrafts are written. ledger.post takes a list of transactions, each
-- a list of entries; reversals, refunds and captures are transactions whose entries name what they undo or capture.
--
-- Each function locks the accounts first, in the order of their owners, and looks nonces up after: each statement sees
-- what was committed before it began, so that between the two no race is left. A refusal is an answer, never an
-- exception. Reads of ledger.entries are planned for the one app, by EXECUTE: a plan for any app would lock the
-- partitions of all, and wait for the migrations of every other app.

-- Posts a list of transactions, each on its own: all of its entries or none, as if one transaction after another.
-- owner_ids: the different owners of all entries, which lines name by their number from 1.
-- Answers, for each transaction, {outcome} and:
--   posted       {entries, balances}: balances of its owners after it, in the order of their first entries
--   duplicate    {entry or hold, identical, own, balance}: what the first of its owners that knows the nonce used it for
--   any other    {line, balance, details}: the first entry that was refused, from 0, and the balance of its owner
-- skip_busy: {outcome: busy, accounts} for a transaction some of whose accounts are locked elsewhere; it is not looked at.
-- A replay is found before anything else is judged. dry_run: the same answers, with the id 0, and nothing is written.
CREATE OR REPLACE FUNCTION ledger.post(
  app text, owner_ids text[], transactions json, dry_run boolean, skip_busy boolean DEFAULT false
) RETURNS json LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_variable
DECLARE
  requests ledger.request[] := (SELECT array_agg(r) FROM json_populate_recordset(NULL::ledger.request, transactions) r);
  is_repeated boolean := (SELECT count(DISTINCT r.nonce COLLATE "C") < count(*) FROM unnest(requests) r);
  originals ledger.original[];
  accounts ledger.accounts[];
  made text[];
  retired text[];
  now timestamptz;
  pending ledger.entries[] := '{}';
  answers json[] := '{}';
  request ledger.request;
  original ledger.original;
  posted_before integer; -- how many entries before the transaction's own …
  before ledger.accounts[]; -- … and the account of each of these as it was
  places integer[] := array_fill(0, ARRAY[cardinality(owner_ids)]); -- how many of these each account has
  busy integer[];
  at timestamptz;
  transaction_id uuid;
  is_whole_reversal boolean;
  line ledger.line;
  line_number integer;
  account ledger.accounts;
  hold ledger.holds;
  verdict ledger.verdict;
  entry ledger.entries;
  entries json[];
  has_captures boolean := false;
BEGIN
  PERFORM ledger.assert_may_post(app);
  SELECT * INTO accounts, made FROM ledger.lock_accounts(app, owner_ids, skip_busy);
  originals := ledger.originals_of(app, owner_ids, requests);
  retired := ledger.retired_operations(app);
  now := date_trunc('milliseconds', ledger.now());

  FOREACH request IN ARRAY requests LOOP
    IF cardinality(request.lines) BETWEEN 1 AND 100 IS NOT TRUE THEN
      RAISE EXCEPTION 'a transaction has 1 to 100 lines, not %', coalesce(cardinality(request.lines), 0)
        USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- Never earlier than the last entry of any of its accounts, whatever the clock does.
    at := now;
    busy := '{}';
    FOREACH line IN ARRAY request.lines LOOP
      IF line.account BETWEEN 1 AND cardinality(owner_ids) IS NOT TRUE THEN
        RAISE EXCEPTION 'a line names its owner by a number from 1 to %, not %', cardinality(owner_ids), line.account
          USING ERRCODE = 'invalid_parameter_value';
      END IF;
      places[line.account] := 0;
      at := greatest(at, accounts[line.account].updated_on);
      IF accounts[line.account].app IS NULL THEN
        busy := array_append(busy, line.account);
      END IF;
    END LOOP;
    IF cardinality(busy) > 0 THEN
      answers := array_append(answers, json_build_object('outcome', 'busy', 'accounts', busy));
      CONTINUE;
    END IF;

    original := originals[cardinality(answers) + 1];
    IF is_repeated THEN
      original := ledger.first_original(request, original, owner_ids, pending);
    END IF;
    IF original.account IS NOT NULL THEN
      at := greatest(now, accounts[original.account].updated_on);
      account := ledger.account_at(accounts[original.account], at, pending);
      answers := array_append(answers, ledger.duplicate_json(request, original, owner_ids, account, at, pending));
      CONTINUE;
    END IF;

    posted_before := cardinality(pending);
    transaction_id := ledger.transaction_id(request, owner_ids);
    is_whole_reversal := request.lines[1].reverses IS NOT NULL AND ledger.is_whole_reversal(app, request.lines);
    before := '{}';
    entries := '{}';
    line_number := 0;
    FOREACH line IN ARRAY request.lines LOOP
      account := ledger.account_at(accounts[line.account], at, pending);
      IF request.invalid THEN
        verdict := ROW('invalid', NULL)::ledger.verdict;
        EXIT;
      END IF;
      hold := ledger.hold_of(account, line.hold_id, pending);
      verdict := ledger.judge(account, line, retired, hold, at, pending);
      IF verdict.refusal IS NULL AND line.reverses IS NOT NULL AND NOT is_whole_reversal THEN
        verdict.refusal := 'not_reversible';
      END IF;
      EXIT WHEN verdict.refusal IS NOT NULL;

      account.balance := account.balance + line.amount;
      account.seq := account.seq + 1;
      account.updated_on := at;
      entry.app := app;
      entry.owner_id := account.owner_id;
      entry.seq := account.seq;
      entry.id := CASE WHEN dry_run THEN 0 ELSE nextval('ledger.entries_id_seq') END;
      entry.operation := line.operation;
      entry.amount := line.amount;
      entry.balance_after := account.balance;
      entry.nonce := request.nonce;
      entry.place := places[line.account] + 1;
      entry.transaction_id := transaction_id;
      entry.metadata := request.metadata;
      entry.created_on := at;
      entry.reverses := line.reverses;
      entry.refunds := line.refunds;
      entry.hold_id := line.hold_id;
      IF hold.id IS NOT NULL THEN
        has_captures := true;
        account.held := account.held - hold.amount;
        account.holds_expire_on := CASE WHEN account.held > 0 THEN account.holds_expire_on END;
      END IF;
      before := array_append(before, accounts[line.account]);
      accounts[line.account] := account;
      places[line.account] := entry.place;
      pending := array_append(pending, entry);
      entries := array_append(entries, ledger.entry_json(entry));
      line_number := line_number + 1;
    END LOOP;

    IF verdict.refusal IS NULL THEN
      answers := array_append(answers, json_build_object(
        'outcome', 'posted', 'entries', to_json(entries), 'balances', ledger.balances_json(accounts, request.lines)));
    ELSE
      IF line_number > 0 THEN
        FOR posted IN REVERSE line_number..1 LOOP
          accounts[request.lines[posted].account] := before[posted];
        END LOOP;
        pending := pending[:posted_before];
        account := ledger.account_at(accounts[line.account], at, pending);
      END IF;
      answers := array_append(answers, json_build_object(
        'outcome', verdict.refusal, 'line', line_number, 'balance', ledger.balance_json(account), 'details', verdict.details));
    END IF;
  END LOOP;

  IF dry_run THEN
    accounts := '{}';
  ELSE
    INSERT INTO ledger.entries SELECT (e).* FROM unnest(pending) e;
    IF has_captures THEN
      FOREACH entry IN ARRAY pending LOOP
        UPDATE ledger.holds h SET released_on = entry.created_on, captured_by = entry.id
         WHERE h.app = app AND h.owner_id = entry.owner_id AND h.id = entry.hold_id;
      END LOOP;
    END IF;
  END IF;
  PERFORM ledger.save_accounts(app, accounts, made);
  RETURN to_json(answers);
END $$;

REVOKE ALL ON FUNCTION ledger.post FROM PUBLIC;
