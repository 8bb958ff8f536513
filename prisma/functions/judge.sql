-- Judging: why a line may not be posted, apart from what the balance allows.

-- Returns when the calendar window of a moment began (UTC; weeks begin on Monday), and when the next one begins.
CREATE OR REPLACE FUNCTION ledger.limit_window(per text, at timestamptz, OUT began timestamptz, OUT ends timestamptz) LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF per = 'lifetime' THEN
    began := '-infinity';
  ELSE
    began := date_trunc(per, at, 'UTC');
    ends := (date_trunc(per, at, 'UTC') AT TIME ZONE 'UTC' + ('1 ' || per)::interval) AT TIME ZONE 'UTC';
  END IF;
END $$;

-- Whether the owner has used an operation as often as its limit allows. Reversed entries count, and so do holds, at the
-- time they were made. Reversals, refunds and captures do not count. more: uses that are not written yet.
CREATE OR REPLACE FUNCTION ledger.is_limit_reached_template(
  book text, owner_id text, operation text, times integer, since timestamptz, more bigint
) RETURNS boolean LANGUAGE plpgsql STABLE SET enable_sort = off AS $$
#variable_conflict use_variable
DECLARE
  app CONSTANT text := 'template';
BEGIN
  -- The newest ones alone are read, as many as the limit allows: an index has those that count by themselves. Their kind
  -- is asked for as a range, in the order of that index: for an equal one the planner may read all entries of the owner.
  RETURN more + (
    SELECT count(*) FROM (
      (SELECT e.created_on FROM ledger.entries_template e
        WHERE e.book = book AND e.owner_id = owner_id AND e.operation = operation
          AND num_nonnulls(e.reverses, e.refunds, e.hold_id) BETWEEN 0 AND 0
        ORDER BY num_nonnulls(e.reverses, e.refunds, e.hold_id) DESC, e.seq DESC LIMIT times)
      UNION ALL
      (SELECT h.created_on FROM ledger.holds h
        WHERE h.book = book AND h.owner_id = owner_id AND h.app = app AND h.operation BETWEEN operation AND operation
        ORDER BY h.operation DESC, h.created_on DESC LIMIT times)
    ) newest WHERE newest.created_on >= since) >= times;
END $$;

-- Whether an amount would exceed the credits that an operation may move for the owner since a moment. What counts is as
-- for the limit of times. more: credits of uses that are not written yet.
CREATE OR REPLACE FUNCTION ledger.is_limit_exceeded_template(
  book text, owner_id text, operation text, credits bigint, since timestamptz, amount bigint, more numeric
) RETURNS boolean LANGUAGE plpgsql STABLE SET enable_sort = off AS $$
#variable_conflict use_variable
DECLARE
  app CONSTANT text := 'template';
  entry record;
  used numeric := abs(amount) + more + (
    SELECT coalesce(sum(h.amount), 0) FROM ledger.holds h
     WHERE h.book = book AND h.owner_id = owner_id AND h.app = app AND h.operation BETWEEN operation AND operation AND h.created_on >= since);
BEGIN
  -- The newest entries come first, as many as there are since then: a loop reads no others.
  FOR entry IN
    SELECT e.amount, e.created_on FROM ledger.entries_template e
     WHERE e.book = book AND e.owner_id = owner_id AND e.operation = operation
       AND num_nonnulls(e.reverses, e.refunds, e.hold_id) BETWEEN 0 AND 0
     ORDER BY num_nonnulls(e.reverses, e.refunds, e.hold_id) DESC, e.seq DESC
  LOOP
    EXIT WHEN used > credits OR entry.created_on < since;
    used := used + abs(entry.amount);
  END LOOP;
  RETURN used > credits;
END $$;

-- Returns the anchored window of an operation for an owner that a moment is in, or that a posting at that moment begins. It
-- lasts an hour, 24 hours or 168 hours, whatever the session's time zone is.
CREATE OR REPLACE FUNCTION ledger.anchored_window(
  app text, book text, owner_id text, operation text, per text, at timestamptz, OUT began timestamptz, OUT ends timestamptz
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
DECLARE
  lasts CONSTANT interval := CASE per WHEN 'hour' THEN '1 hour' WHEN 'day' THEN '24 hours' WHEN 'week' THEN '168 hours' END;
BEGIN
  SELECT w.began INTO began FROM ledger.limit_windows w
   WHERE w.book = book AND w.owner_id = owner_id AND w.app = app AND w.operation = operation AND w.began > at - lasts;
  began := coalesce(began, at);
  ends := began + lasts;
END $$;

-- Notes that a posting begins an anchored window, unless it is in one that began before. Not by ON CONFLICT: the key has
-- another name in each shard.
CREATE OR REPLACE FUNCTION ledger.begin_window(
  app text, book text, owner_id text, operation text, per text, at timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
  IF (ledger.anchored_window(app, book, owner_id, operation, per, at)).began < at THEN
    RETURN;
  END IF;
  UPDATE ledger.limit_windows w SET began = at
   WHERE w.book = book AND w.owner_id = owner_id AND w.app = app AND w.operation = operation;
  IF NOT FOUND THEN
    INSERT INTO ledger.limit_windows (app, book, owner_id, operation, began) VALUES (app, book, owner_id, operation, at);
  END IF;
END $$;

-- Returns why an entry cannot be reversed or refunded, or null when it can. Corrections, expiries and voids cannot.
-- refundable: the credits that refunds may still give back.
CREATE OR REPLACE FUNCTION ledger.judge_correction_template(
  book text, owner_id text, operation text, amount bigint, reverses bigint, refunds bigint, OUT refusal text, OUT refundable bigint
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
DECLARE
  target_id bigint := coalesce(reverses, refunds);
  target record;
  corrected record;
BEGIN
  SELECT e.operation, e.amount, num_nonnulls(e.reverses, e.refunds) > 0 OR e.operation IN ('CREDIT_EXPIRED', 'CREDIT_VOIDED') AS is_final INTO target
    FROM ledger.entries_template e WHERE e.id = target_id AND e.book = book AND e.owner_id = owner_id;
  SELECT coalesce(bool_or(c.reverses = target_id), false) AS is_reversed,
         coalesce(sum(c.amount) FILTER (WHERE c.refunds = target_id), 0)::bigint AS refunded
    INTO corrected
    FROM (
      SELECT e.reverses, e.refunds, e.amount FROM ledger.entries_template e WHERE e.owner_id = owner_id AND e.reverses = target_id
      UNION ALL
      SELECT e.reverses, e.refunds, e.amount FROM ledger.entries_template e WHERE e.owner_id = owner_id AND e.refunds = target_id
    ) c;
  refundable := abs(target.amount + corrected.refunded);
  refusal := CASE
    WHEN target.operation IS DISTINCT FROM operation THEN 'entry_not_found'
    WHEN target.is_final THEN 'not_reversible'
    WHEN corrected.is_reversed THEN 'already_reversed'
    WHEN reverses IS NOT NULL AND corrected.refunded <> 0 THEN 'already_refunded'
    WHEN reverses IS NOT NULL AND amount <> -target.amount THEN 'not_reversible'
    WHEN refunds IS NOT NULL AND (sign(amount) <> -sign(target.amount) OR abs(amount) > refundable) THEN 'refund_exceeded'
  END;
END $$;

-- Whether these are the ids of all entries of one transaction, each once. On a cluster it waits until no transaction is
-- half committed: otherwise it could take a half for the whole.
CREATE OR REPLACE FUNCTION ledger.is_whole_template(ids bigint[]) RETURNS boolean LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_variable
DECLARE
  transaction_id uuid;
BEGIN
  IF ledger.is_cluster() THEN
    PERFORM ledger.await_commits();
  END IF;
  SELECT e.transaction_id INTO transaction_id FROM ledger.entries_template e WHERE e.id = ids[1];
  RETURN coalesce(
    (SELECT array_agg(e.id ORDER BY e.id) FROM ledger.entries_template e WHERE e.transaction_id = transaction_id)
    = (SELECT array_agg(id ORDER BY id) FROM unnest(ids) id), false);
END $$;

-- Returns why a hold cannot be captured or prolonged, or null when it can. amount: of the capture; null: all that is left.
-- until: until when it is prolonged. kept: the credits that it sets aside.
CREATE OR REPLACE FUNCTION ledger.hold_refusal(
  app text, book text, owner_id text, id bigint, operation text, amount bigint, until timestamptz, at timestamptz,
  OUT refusal text, OUT details json, OUT kept bigint
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
DECLARE
  hold record;
BEGIN
  SELECT h.operation, h.amount - h.captured AS kept, h.captured_by, h.released_on, h.created_on, h.expires_on,
         ledger.hold_json(h.id, h.owner_id, h.operation, h.amount, h.captured, h.nonce, h.metadata, h.created_on, h.expires_on,
                          h.released_on, h.captured_by, at, h.book) AS json
    INTO hold
    FROM ledger.holds h WHERE h.app = app AND h.book = book AND h.owner_id = owner_id AND h.id = id;
  details := hold.json;
  kept := hold.kept;
  refusal := CASE
    WHEN kept IS NULL OR hold.operation <> operation THEN 'hold_not_found'
    WHEN hold.captured_by IS NOT NULL THEN 'hold_captured'
    WHEN hold.released_on IS NOT NULL THEN 'hold_released'
    WHEN hold.expires_on <= at THEN 'hold_expired'
    WHEN amount NOT BETWEEN -kept AND -1 THEN 'capture_exceeded'
    WHEN until > hold.created_on + interval '365 days' THEN 'hold_too_long'
  END;
END $$;

-- Returns why what is left of a lot cannot be voided, or null when it can. rest: what is left.
CREATE OR REPLACE FUNCTION ledger.judge_void(
  app text, book text, owner_id text, id bigint, at timestamptz, OUT refusal text, OUT rest bigint
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
DECLARE
  lot record;
BEGIN
  SELECT l.rest, (
           SELECT coalesce(sum(r.amount), 0) FROM ledger.lot_holds r
             JOIN ledger.holds h ON h.book = r.book AND h.owner_id = r.owner_id AND h.id = r.hold_id
            WHERE r.book = book AND r.owner_id = owner_id AND r.lot_id = l.id AND h.released_on IS NULL AND h.expires_on > at) AS reserved
    INTO lot
    FROM ledger.lots l WHERE l.app = app AND l.book = book AND l.owner_id = owner_id AND l.id = id;
  rest := lot.rest;
  refusal := CASE
    WHEN rest IS NULL THEN 'lot_not_found'
    WHEN rest = 0 THEN 'lot_ended'
    WHEN lot.reserved > 0 THEN 'lot_held'
  END;
END $$;

-- Returns why a line may not be posted to an account that is not open, or null when it may. sets: the state that the line
-- gives the account. is_release: whether the line only makes credits available again.
CREATE OR REPLACE FUNCTION ledger.judge_state(state text, sets text, amount bigint, is_release boolean) RETURNS text LANGUAGE sql IMMUTABLE
RETURN CASE
  WHEN state IS NULL OR is_release THEN NULL
  WHEN state = 'CLOSED' THEN CASE WHEN sets IS DISTINCT FROM 'OPEN' THEN 'account_closed' END
  WHEN sets IS NOT NULL THEN NULL
  WHEN state = 'FROZEN' OR amount < 0 THEN 'account_frozen'
END;

-- Returns why a line that is more than a plain entry may not be posted, or null when it may, if the balance allows it.
-- requested: the amount, if the caller gave one. until: until when a hold is prolonged. details: what the answer says about the refusal.
-- kept: the credits that a captured hold sets aside, which its capture may take.
-- voided: what is left of the lot that the line voids.
-- balance, held: of the account. more, more_credits: uses that are not written yet, and their credits.
CREATE OR REPLACE FUNCTION ledger.judge_template(
  book text, owner_id text, balance bigint, held bigint, operation text, amount bigint, limit_times integer, limit_credits bigint,
  limit_per text, limit_anchored boolean, reverses bigint, refunds bigint, captures bigint, requested bigint, prolongs bigint,
  until timestamptz, new_overdraft bigint, sets text, lot json, voids bigint, has_lots boolean, overdraft bigint, retired text[], at timestamptz, more bigint, more_credits numeric,
  OUT refusal text, OUT details json, OUT kept bigint, OUT voided bigint
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
DECLARE
  app CONSTANT text := 'template';
  limited record;
  least_overdraft bigint;
BEGIN
  kept := 0;
  IF captures IS NOT NULL THEN
    SELECT * INTO refusal, details, kept FROM ledger.hold_refusal(app, book, owner_id, captures, operation, requested, NULL, at);
  ELSIF prolongs IS NOT NULL THEN
    SELECT h.refusal, h.details INTO refusal, details FROM ledger.hold_refusal(app, book, owner_id, prolongs, NULL, NULL, until, at) h;
  ELSIF reverses IS NOT NULL OR refunds IS NOT NULL THEN
    SELECT c.refusal, to_json(c.refundable) INTO refusal, details
      FROM ledger.judge_correction_template(book, owner_id, operation, amount, reverses, refunds) c;
  ELSIF new_overdraft IS NOT NULL THEN
    least_overdraft := CASE WHEN has_lots THEN ledger.unreserved(book, owner_id, at, false) ELSE 0 END + held - balance;
    details := to_json(least_overdraft);
    refusal := CASE
      WHEN NOT ledger.has_made(app, book) THEN 'not_the_maker'
      WHEN least_overdraft > new_overdraft THEN 'overdraft_in_use'
      WHEN balance + new_overdraft > 9007199254740991 THEN 'balance_out_of_range'
    END;
  ELSIF voids IS NOT NULL THEN
    SELECT v.refusal, v.rest INTO refusal, voided FROM ledger.judge_void(app, book, owner_id, voids, at) v;
  ELSIF operation = ANY (retired) THEN
    refusal := 'operation_retired';
  ELSIF sets IS NOT NULL THEN
    IF amount <> 0 THEN
      RAISE EXCEPTION 'an entry that sets the state of an account moves no credits' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    refusal := CASE
      WHEN NOT ledger.has_made(app, book) THEN 'not_the_maker'
      WHEN sets = 'CLOSED' AND (balance <> 0 OR held <> 0 OR overdraft <> 0) THEN 'account_not_empty'
    END;
  ELSIF limit_per IS NOT NULL THEN
    IF limit_anchored THEN
      SELECT * INTO limited FROM ledger.anchored_window(app, book, owner_id, operation, limit_per, at);
    ELSE
      SELECT * INTO limited FROM ledger.limit_window(limit_per, at);
    END IF;
    IF limit_times IS NOT NULL AND ledger.is_limit_reached_template(book, owner_id, operation, limit_times, limited.began, more)
       OR limit_credits IS NOT NULL
          AND ledger.is_limit_exceeded_template(book, owner_id, operation, limit_credits, limited.began, amount, more_credits) THEN
      refusal := 'limit_reached';
      details := to_json(ledger.epoch_ms(limited.ends));
    END IF;
  END IF;
  IF refusal IS NULL AND ledger.expiry_on(lot, at) <= at THEN
    refusal := 'expiry_passed';
  END IF;
END $$;
