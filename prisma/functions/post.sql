-- Posting: the only way to write entries, holds and overdrafts. Lines of all kinds are in one list, and one function
-- takes it:
-- lock the accounts → look the nonces up → line by line: settle what time has changed, judge, apply → write.
-- Each statement sees what was committed before it began. While the accounts are locked, no other call can use a nonce
-- of theirs after the look-up. A refusal is an answer, never an exception.
--
-- A call's state is in arrays of scalars: by request, by line and by account (its number in owner_ids). Rows in a loop
-- cost several times as much. A line that corrects, captures, has a limit or makes a lot is judged by the tables alone. If the call
-- has already posted to its account, that is written first.

-- Checks the rules for a call's accounts and the numbers of its lines, whoever the caller is.
CREATE OR REPLACE FUNCTION ledger.assert_accounts(owner_ids text[], books text[], parts integer[], accounts integer[]) RETURNS void LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  numbers integer := cardinality(owner_ids);
BEGIN
  IF cardinality(books) <> numbers OR (
    SELECT bool_and((a.owner_id COLLATE "C", a.book COLLATE "C") > (a.owner_before, a.book_before))
      FROM (SELECT a.owner_id, a.book, lag(a.owner_id) OVER number AS owner_before, lag(a.book) OVER number AS book_before, a.number
              FROM unnest(owner_ids, books) WITH ORDINALITY a (owner_id, book, number) WINDOW number AS (ORDER BY a.number)) a
     WHERE a.number > 1) IS FALSE
  THEN
    RAISE EXCEPTION 'the accounts of a call come once each, in the order of the bytes of their owners and books, not as % in %', owner_ids, books
      USING ERRCODE = 'invalid_parameter_value';
  ELSIF (SELECT bool_and(size > 0) AND sum(size) = numbers FROM unnest(parts) size) IS NOT TRUE THEN
    RAISE EXCEPTION 'the parts of % owners are %', numbers, parts USING ERRCODE = 'invalid_parameter_value';
  ELSIF (SELECT count(*) FROM unnest(accounts) number WHERE number BETWEEN 1 AND numbers) IS DISTINCT FROM cardinality(accounts) THEN
    RAISE EXCEPTION 'a line names its owner by a number from 1 to %, not by one of %', numbers, accounts
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
END $$;

-- Posts a list of requests for an app, as if one after another. Each request posts all of its lines or none. Each app
-- has its own copy of this template, ledger.post_<app>, which names the app's partition.
-- key: the first owner. On a cluster, the call goes to the node of its account.
-- owner_ids: of the accounts of all lines, in the order of their bytes, and an owner's in the order of their books.
-- parts: one number, how many these are.
-- requests: columns. A column without any value may be left out. For each account:
--     book      left out when all are the app's own
--   for each request:
--     id        of the attempt, a UUIDv7. A second try after a lost answer is recognised by it.
--     nonce, metadata (JSON as text; left out when no request has any)
--     invalid   whether the app's rules refuse it, unless it was posted before
--   and for each line, one request after another:
--     request, account    the numbers of its request and of its account, from 1
--     operation, amount   signed; null: the app's amount rule refuses the requested amount
--     requested           the caller's amount, signed; null: the caller gave none
--     limit_times, limit_credits, limit_per   how often the operation may be posted, or how many credits it may move, per hour,
--               day, week, month or lifetime
--     limit_anchored      whether an hour, day or week begins with the first posting that counts
--     reverses            the id of an entry; a request reverses a whole transaction, and does nothing else
--     refunds, captures   the id of an entry, of a hold
--     keeps               whether the hold keeps what the capture leaves
--     hold_ms             how long the credits are set aside, in place of an entry
--     releases            the id of a hold, in place of an entry: without operation and nonce
--     prolongs, until     the same, and when it expires instead, in milliseconds since 1970
--     overdraft           how far below 0 the balance may go, in place of an entry: without operation and nonce
--     state               OPEN, SPENDING_FROZEN, FROZEN or CLOSED: what the entry makes of the account
--     lot                 {priority, kind, days, endOf, on}: the lot that the entry makes. See ledger.expiry_on
--     revive              {days, endOf}: how long credits are good that come back to a lot that has expired
--     voids               the id of a lot, whose rest the entry takes, whatever its amount
--     source              of credits that move: which of the request's lines, from 1, takes them elsewhere
-- skip_busy: leaves out each request with an account that is locked elsewhere.
-- lock_ms: how long to wait for locks; null: as long as the session's setting says.
-- Returns columns. By request:
--     answers   null: its lines were posted. Otherwise {outcome} and
--       busy                    {accounts}: the accounts that are locked elsewhere
--       duplicate               {entry or hold, identical, own, balance}: the original of the first owner who has used the
--                               nonce; own: the same attempt posted it
--       any other               {line, balance, details}: the first refused line, from 0, or the line that made no entry
--                               (held, prolonged and released, with the hold; set: the overdraft), and its owner's balance
--     moments   left out when all are now
--     transactions
--   and by line {ids, seqs, balances, overdrafts, held, states}: the entry, and its account after it. A replay is found
--   before anything else is judged. overdrafts and held are left out when all are 0, and states when all are open.
--   Also by line, where a line needs it: amounts (of voids and captures), holds (as a capture left it), and lapsed (credits
--   that expired at once after the entry).
-- The settings leave the planner one way for each statement: the index that has the wanted rows in the wanted order.
-- Plans are made while tables are small, and are kept.
CREATE OR REPLACE FUNCTION ledger.post_template(
  key text, owner_ids text[], parts integer[], requests json, skip_busy boolean DEFAULT false, lock_ms integer DEFAULT NULL
) RETURNS json LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off SET jit = off AS $$
#variable_conflict use_variable
DECLARE
  app CONSTANT text := 'template';
  owners text[] := owner_ids; -- a variable's elements are found at once, a parameter's by counting
  books text[];
  -- What is asked for, by request and by line. special: null for a plain entry.
  attempts uuid[]; nonces text[]; metadata text[]; invalid boolean[];
  requests_of integer[]; accounts integer[]; operations text[]; amounts bigint[]; requested bigint[];
  limit_times integer[]; limit_credits bigint[]; limit_pers text[]; limit_anchored boolean[]; reverses bigint[]; refunds bigint[]; captures bigint[];
  keeps boolean[]; hold_ms bigint[]; releases bigint[]; prolongs bigint[]; untils bigint[]; until timestamptz; new_overdrafts bigint[]; new_states text[]; special boolean[];
  lots json[]; revives json[]; voids bigint[]; sources integer[];
  -- The accounts, as what is posted leaves them. updates: null for one that is busy. seqs_written: what the rows say.
  -- lot_expiries: null for one without lots, and never later than the first expiry of a lot.
  balances bigint[]; overdrafts bigint[]; helds bigint[]; expiries timestamptz[]; lot_expiries timestamptz[]; seqs bigint[]; updates timestamptz[];
  heads bytea[]; states text[]; made integer[]; seqs_written bigint[];
  -- What becomes of it, by request and by line.
  answers json[]; moments timestamptz[]; transactions uuid[]; -- moments: null where all are now
  ids bigint[]; entry_seqs bigint[]; balances_after bigint[]; hashes bytea[];
  overdrafts_after bigint[]; helds_after bigint[]; -- null: all are 0
  states_after text[];                             -- null: all are open
  entry_places integer[];                          -- null: all are 1
  lapsed bigint[];                                 -- null: nothing has
  holds json[];                                    -- null: no line captures
  -- Of a request of several lines: how many entries each account has, and by line what undoes it.
  places integer[]; helds_before bigint[]; expiries_before timestamptz[]; updates_before timestamptz[];

  retired text[];
  replayed integer[];  -- requests of whose owners one has used the nonce before the call
  repeated integer[];  -- requests of whose owners one uses the nonce in the call before
  now timestamptz;
  has_lots boolean;        -- whether any of the accounts has or gets some
  latest timestamptz;      -- no moment of the call is later
  lapsing bigint[];        -- by account: what the request gives back to lots that have expired
  to_settle integer[];     -- lines after which credits expire at once
  source integer;
  request integer := 0;
  first integer;
  last integer := 0;
  unwritten integer := 1; -- the first line that is not written
  at timestamptz;
  busy integer[];
  line integer;
  number integer;
  kept bigint;
  voided bigint;
  available bigint;
  refusal text;
  details json;
  got record;
  shard bigint;
  answer json;
BEGIN
  IF lock_ms IS NOT NULL THEN
    PERFORM set_config('lock_timeout', lock_ms::text, true);
  END IF;
  IF ledger.is_cluster() THEN
    shard := ledger.own_shard(app, owner_ids);
    IF shard IS NOT NULL THEN
      EXECUTE format('SELECT ledger.post_%s($1, $2, $3, $4, $5)', shard) INTO answer USING key, owner_ids, parts, requests, skip_busy;
      RETURN answer;
    END IF;
    PERFORM ledger.limit_waits(lock_ms);
  END IF;
  SELECT * INTO books, attempts, nonces, metadata, invalid, requests_of, accounts, operations, amounts, requested,
                limit_times, limit_credits, limit_pers, limit_anchored, reverses, refunds, captures, keeps, hold_ms, releases, prolongs, untils,
                new_overdrafts, new_states, lots, revives, voids, sources
    FROM json_to_record(requests) r (
      book text[], id uuid[], nonce text[], metadata text[], invalid boolean[], request integer[], account integer[], operation text[],
      amount bigint[], requested bigint[], limit_times integer[], limit_credits bigint[], limit_per text[],
      limit_anchored boolean[], reverses bigint[], refunds bigint[],
      captures bigint[], keeps boolean[], hold_ms bigint[], releases bigint[], prolongs bigint[], until bigint[], overdraft bigint[], state text[],
      lot json[], revive json[], voids bigint[], source integer[]);
  IF cardinality(attempts) > 0 IS NOT TRUE OR greatest(
    array_ndims(books), array_ndims(attempts), array_ndims(nonces), array_ndims(metadata), array_ndims(invalid), array_ndims(requests_of),
    array_ndims(accounts), array_ndims(operations), array_ndims(amounts), array_ndims(requested), array_ndims(limit_times),
    array_ndims(limit_credits), array_ndims(limit_pers), array_ndims(limit_anchored), array_ndims(reverses), array_ndims(refunds), array_ndims(captures), array_ndims(keeps), array_ndims(hold_ms),
    array_ndims(releases), array_ndims(prolongs), array_ndims(untils), array_ndims(new_overdrafts), array_ndims(new_states), array_ndims(lots), array_ndims(revives), array_ndims(voids),
    array_ndims(sources)) > 1 THEN
    RAISE EXCEPTION 'a call has requests, and each column is a list of values' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF books IS NULL THEN
    books := array_fill(app, ARRAY[cardinality(owner_ids)]);
  ELSE
    PERFORM ledger.assert_books(app, books);
  END IF;
  PERFORM ledger.assert_accounts(owner_ids, books, parts, accounts);
  -- One owner's exchange of credits is the only bridge between books.
  IF cardinality(array_remove(books, books[1])) > 0 AND EXISTS (
    SELECT FROM unnest(requests_of, accounts, amounts, reverses) l (request, account, amount, reverses)
     WHERE invalid[l.request] IS NOT TRUE
     GROUP BY l.request
    HAVING count(DISTINCT books[l.account]) > 1 AND count(l.reverses) < count(*)
       AND (count(*) <> 2 OR count(DISTINCT owners[l.account]) > 1 OR sum(sign(l.amount)) <> 0)
  ) THEN
    RAISE EXCEPTION 'a transaction is in one book, unless one owner exchanges credits of a book for those of another'
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF (SELECT count(DISTINCT n COLLATE "C") < count(n) FROM unnest(nonces) n) THEN
    repeated := (
      SELECT array_agg(l.request)
        FROM (SELECT l.request, min(l.request) OVER (PARTITION BY l.account, nonces[l.request]) AS first
                FROM unnest(requests_of, accounts) l (request, account)) l
       WHERE l.first < l.request);
  END IF;
  IF num_nonnulls(limit_pers, reverses, refunds, captures, hold_ms, releases, prolongs, new_overdrafts, new_states, lots, voids) > 0 THEN
    SELECT array_agg(CASE WHEN l.things > 0 OR num_nonnulls(l.limit_per, l.lot) > 0 THEN true END ORDER BY l.line) AS special,
           bool_or(l.things > 1) AS is_several, bool_or(l.is_alone AND l.lines > 1) AS is_crowded
      INTO got
      FROM (
        SELECT l.line, l.limit_per, l.lot, num_nonnulls(l.reverses, l.refunds, l.captures, l.hold_ms, l.releases, l.prolongs, l.overdraft, l.state, l.voids) AS things,
               num_nonnulls(l.refunds, l.captures, l.hold_ms, l.releases, l.prolongs, l.overdraft, l.state, l.voids) > 0 AS is_alone,
               count(*) OVER (PARTITION BY l.request) AS lines
          FROM unnest(requests_of, limit_pers, reverses, refunds, captures, hold_ms, releases, prolongs, new_overdrafts, new_states, lots, voids)
               WITH ORDINALITY l (request, limit_per, reverses, refunds, captures, hold_ms, releases, prolongs, overdraft, state, lot, voids, line)
      ) l;
    special := got.special;
    IF got.is_several THEN
      RAISE EXCEPTION 'a line does one thing: it corrects, captures, holds, prolongs, releases, voids, or sets an overdraft or a state'
        USING ERRCODE = 'invalid_parameter_value';
    ELSIF got.is_crowded THEN
      RAISE EXCEPTION 'a line that refunds, captures, holds, prolongs, releases, voids, or sets an overdraft or a state is alone in its transaction'
        USING ERRCODE = 'invalid_parameter_value';
    END IF;
  END IF;

  IF ledger.is_cluster() THEN
    SELECT * INTO balances, overdrafts, helds, expiries, lot_expiries, seqs, updates, heads, states, made, replayed
      FROM ledger.lock_shards_template(owner_ids, books, skip_busy, nonces, requests_of, accounts);
  ELSE
    -- Lock the accounts.
    SELECT * INTO balances, overdrafts, helds, expiries, lot_expiries, seqs, updates, heads, states, made
      FROM ledger.lock_accounts(books, owners, skip_busy);
    -- The parent before its partition, as every migration does that changes which partitions there are. Citus lets nobody
    -- lock a shard's tables.
    IF NOT ledger.is_shard() THEN
      LOCK TABLE ONLY ledger.entries IN ROW EXCLUSIVE MODE;
    END IF;

    -- Look the nonces up: as a range, in the order of the index that has them. To the planner any index that begins with the
    -- owner is as good for an equal one, and then all entries of the owner are read. Not by EXISTS, which it may answer by
    -- looking at all holds.
    replayed := (
      SELECT array_agg(l.request)
        FROM (SELECT l.request, books[l.account] AS book, owners[l.account] AS owner_id, nonces[l.request] AS nonce
                FROM unnest(requests_of, accounts) l (request, account) OFFSET 0) l
       WHERE l.nonce IN (
         (SELECT e.nonce FROM ledger.entries_template e
           WHERE e.book = l.book AND e.owner_id = l.owner_id AND e.nonce BETWEEN l.nonce AND l.nonce ORDER BY e.nonce LIMIT 1),
         (SELECT h.nonce FROM ledger.holds h
           WHERE h.app = app AND h.book = l.book AND h.owner_id = l.owner_id AND h.nonce BETWEEN l.nonce AND l.nonce ORDER BY h.nonce LIMIT 1)));
  END IF;
  seqs_written := seqs;
  retired := ledger.retired_operations(app);
  now := date_trunc('milliseconds', ledger.now());
  IF num_nonnulls(VARIADIC lot_expiries) > 0 OR lots IS NOT NULL THEN
    has_lots := true;
    latest := greatest(now, (SELECT max(u) FROM unnest(updates) u));
  END IF;

  answers := array_fill(NULL::json, ARRAY[cardinality(attempts)]);
  transactions := array_fill(NULL::uuid, ARRAY[cardinality(attempts)]);
  ids := array_fill(NULL::bigint, ARRAY[cardinality(accounts)]);
  entry_seqs := ids;
  balances_after := ids;
  hashes := array_fill(NULL::bytea, ARRAY[cardinality(accounts)]);

  LOOP
    <<run>>
    WHILE request < cardinality(attempts) LOOP
      -- What asks the tables for what the call itself has posted goes on once that is written.
      EXIT WHEN request + 1 = ANY (repeated) AND unwritten <= last;
      IF special IS NOT NULL OR has_lots THEN
        line := last + 1;
        LOOP
          number := accounts[line];
          EXIT run WHEN (special[line] OR lot_expiries[number] <= latest) AND seqs[number] > seqs_written[number];
          line := line + 1;
          EXIT WHEN requests_of[line] IS DISTINCT FROM request + 1;
        END LOOP;
      END IF;

      request := request + 1;
      first := last + 1;
      at := now; -- never earlier than the last change of any of its accounts, whatever the clock does
      busy := NULL;
      LOOP
        last := last + 1;
        number := accounts[last];
        IF updates[number] IS NULL THEN
          busy := array_append(busy, number);
        ELSIF updates[number] > at THEN
          at := updates[number];
        END IF;
        EXIT WHEN requests_of[last + 1] IS DISTINCT FROM request;
      END LOOP;
      IF requests_of[first] IS DISTINCT FROM request OR last - first >= 100 THEN
        RAISE EXCEPTION 'a transaction has 1 to 100 lines, one after another: not those of number %', request
          USING ERRCODE = 'invalid_parameter_value';
      ELSIF busy IS NOT NULL THEN
        answers[request] := json_build_object('outcome', 'busy', 'accounts', busy);
        CONTINUE;
      END IF;

      IF request = ANY (replayed) OR request = ANY (repeated) THEN
        FOR line IN first..last LOOP
          number := accounts[line];
          answers[request] := ledger.replay_template(
            books[number], owners[number], nonces[request], attempts[request], coalesce(metadata[request], '{}')::jsonb,
            (SELECT array_agg(owners[n] ORDER BY place) FROM unnest(accounts[first:last]) WITH ORDINALITY l (n, place)),
            operations[first:last], requested[first:last], reverses[first:last], refunds[first:last], captures[first:last],
            keeps[first], hold_ms[first], lots[line], voids[line], greatest(now, updates[number]),
            ledger.balance_json(
              owners[number],
              balances[number] - CASE WHEN lot_expiries[number] <= greatest(now, updates[number])
                                      THEN ledger.unreserved(books[number], owners[number], greatest(now, updates[number]), true) ELSE 0 END,
              overdrafts[number],
              ledger.held_at(books[number], owners[number], helds[number], expiries[number], greatest(now, updates[number])), states[number]));
          EXIT WHEN answers[request] IS NOT NULL;
        END LOOP;
        CONTINUE WHEN answers[request] IS NOT NULL;
      END IF;

      IF first < last THEN
        entry_places := coalesce(entry_places, array_fill(1, ARRAY[cardinality(accounts)]));
        places := array_fill(0, ARRAY[cardinality(owner_ids)]);
      END IF;
      IF at > now THEN
        moments := coalesce(moments, array_fill(now, ARRAY[cardinality(attempts)]));
        moments[request] := at;
      END IF;
      IF has_lots THEN
        lapsing := NULL;
        FOR settled IN first..last LOOP
          number := accounts[settled];
          IF lot_expiries[number] <= at THEN
            SELECT * INTO got FROM ledger.settle_lots(
              books[number], owners[number], at, balances[number], helds[number], expiries[number], seqs[number], heads[number], updates[number]);
            balances[number] := got.balance;
            helds[number] := got.held;
            expiries[number] := got.holds_expire_on;
            seqs[number] := got.seq;
            seqs_written[number] := got.seq;
            heads[number] := got.head;
            updates[number] := got.updated_on;
            lot_expiries[number] := got.lots_expire_on;
          END IF;
        END LOOP;
      END IF;
      line := first;
      LOOP
        number := accounts[line];
        IF first < last THEN
          helds_before[line] := helds[number];
          expiries_before[line] := expiries[number];
          updates_before[line] := updates[number];
          places[number] := places[number] + 1;
          entry_places[line] := places[number];
        END IF;

        -- Settle what time has changed.
        IF expiries[number] <= at THEN
          SELECT l.held, l.expire_on INTO got FROM ledger.live_holds(books[number], owners[number], at) l;
          helds[number] := got.held;
          expiries[number] := got.expire_on;
        END IF;

        -- Judge.
        available := balances[number] - helds[number] + overdrafts[number];
        IF invalid[request] THEN
          refusal := 'invalid';
        ELSIF states[number] IS NOT NULL THEN
          refusal := ledger.judge_state(states[number], new_states[line], amounts[line], releases[line] IS NOT NULL);
        END IF;
        IF refusal IS NOT NULL THEN
          EXIT;
        ELSIF special[line] THEN
          until := to_timestamp(untils[line] / 1000.0);
          SELECT * INTO refusal, details, kept, voided FROM ledger.judge_template(
            books[number], owners[number], balances[number], helds[number], operations[line], amounts[line], limit_times[line],
            limit_credits[line], limit_pers[line], limit_anchored[line],
            reverses[line], refunds[line], captures[line],
            CASE WHEN requested[line] IS NOT NULL THEN amounts[line] END, prolongs[line], until, new_overdrafts[line], new_states[line],
            lots[line], voids[line], lot_expiries[number] IS NOT NULL, overdrafts[number], retired, at,
            (SELECT count(*) FROM generate_series(first, line - 1) n WHERE accounts[n] = number AND operations[n] = operations[line]),
            (SELECT coalesce(sum(abs(amounts[n])), 0) FROM generate_series(first, line - 1) n
              WHERE accounts[n] = number AND operations[n] = operations[line]));
          -- A capture takes what its own hold keeps: a live hold's capture is never refused for balance. What a reversal gives
          -- back to lots that have expired cannot be taken again.
          available := available + kept - coalesce(lapsing[number], 0);
          IF voided IS NOT NULL THEN
            amounts[line] := -voided;
          ELSIF captures[line] IS NOT NULL AND requested[line] IS NULL THEN
            amounts[line] := -kept;
          END IF;
          IF reverses[line] IS NOT NULL AND refusal IS NULL THEN
            IF reverses[first] IS NULL OR line = first AND NOT ledger.is_whole_template(reverses[first:last]) THEN
              refusal := 'not_reversible';
            ELSIF first < last AND amounts[line] > 0 AND lot_expiries[number] IS NOT NULL AND revives[line] IS NULL THEN
              lapsing := coalesce(lapsing, array_fill(0::bigint, ARRAY[cardinality(owner_ids)]));
              lapsing[number] := lapsing[number] + ledger.lapsing(books[number], owners[number], reverses[line], at);
            END IF;
          END IF;
        ELSIF operations[line] = ANY (retired) THEN
          refusal := 'operation_retired';
        END IF;
        IF refusal IS NOT NULL THEN
          EXIT;
        ELSIF amounts[line] < 0 AND available + amounts[line] < 0 THEN
          refusal := 'insufficient_balance';
          details := to_json(available);
        ELSIF balances[number] + amounts[line] + overdrafts[number] > 9007199254740991 THEN
          refusal := 'balance_out_of_range';
        END IF;
        EXIT WHEN refusal IS NOT NULL;

        -- Apply.
        IF special[line] AND num_nonnulls(hold_ms[line], releases[line], prolongs[line], new_overdrafts[line]) > 0 THEN
          SELECT * INTO got FROM ledger.set_aside(
            app, books[number], owners[number], seqs[number], balances[number], overdrafts[number], helds[number], expiries[number],
            lot_expiries[number], heads[number], states[number],
            operations[line], amounts[line], nonces[request], coalesce(metadata[request], '{}')::jsonb, hold_ms[line], releases[line],
            prolongs[line], until, new_overdrafts[line], at);
          seqs[number] := got.seq;
          seqs_written[number] := got.seq;
          balances[number] := got.balance;
          heads[number] := got.head;
          overdrafts[number] := got.overdraft;
          helds[number] := got.held;
          expiries[number] := got.expiry;
          lot_expiries[number] := got.lots_expire_on;
          answers[request] := got.answer;
          IF helds[number] + overdrafts[number] > 0 THEN
            made := array_remove(made, number); -- it is in use, whatever a later line leaves of it
          END IF;
          IF NOT got.changed THEN
            at := updates[number];
          END IF;
        ELSE
          balances[number] := balances[number] + amounts[line];
          seqs[number] := seqs[number] + 1;
          ids[line] := nextval('ledger.entries_id_seq');
          entry_seqs[line] := seqs[number];
          balances_after[line] := balances[number];
          IF new_states[line] IS NOT NULL THEN
            states[number] := nullif(new_states[line], 'OPEN');
          END IF;
          IF states[number] IS NOT NULL THEN
            states_after := coalesce(states_after, array_fill(NULL::text, ARRAY[cardinality(accounts)]));
            states_after[line] := states[number];
          END IF;
          IF special[line] AND captures[line] IS NOT NULL THEN
            holds := coalesce(holds, array_fill(NULL::json, ARRAY[cardinality(accounts)]));
            holds[line] := ledger.capture_hold(
              app, books[number], owners[number], captures[line], ids[line], -amounts[line], coalesce(keeps[line], false), at);
            SELECT l.held, l.expire_on INTO got FROM ledger.live_holds(books[number], owners[number], at) l;
            helds[number] := got.held;
            expiries[number] := got.expire_on;
          END IF;
          IF helds[number] + overdrafts[number] > 0 THEN
            overdrafts_after := coalesce(overdrafts_after, array_fill(0::bigint, ARRAY[cardinality(accounts)]));
            helds_after := coalesce(helds_after, overdrafts_after);
            overdrafts_after[line] := overdrafts[number];
            helds_after[line] := helds[number];
          END IF;
        END IF;
        updates[number] := at;
        EXIT WHEN line = last;
        line := line + 1;
      END LOOP;

      IF refusal IS NULL THEN
        transactions[request] := ledger.transaction_id(attempts[request], owners[accounts[first]], nonces[request], nullif(books[accounts[first]], app));
        -- Chain.
        FOR line IN first..last LOOP
          number := accounts[line];
          IF limit_anchored[line] THEN
            PERFORM ledger.begin_window(app, books[number], owners[number], operations[line], limit_pers[line], at);
          END IF;
          CONTINUE WHEN ids[line] IS NULL;
          heads[number] := ledger.next_hash(heads[number], ledger.entry_form(
            app, books[number], owners[number], entry_seqs[line], ids[line], operations[line], amounts[line], balances_after[line],
            nonces[request], coalesce(entry_places[line], 1), transactions[request], coalesce(metadata[request], '{}')::jsonb, at,
            reverses[line], refunds[line], captures[line]));
          hashes[line] := heads[number];
        END LOOP;
        IF has_lots THEN
          FOR line IN first..last LOOP
            CONTINUE WHEN ids[line] IS NULL;
            number := accounts[line];
            source := first - 1 + sources[line];
            IF lots[line] IS NOT NULL OR lot_expiries[number] IS NOT NULL OR lot_expiries[accounts[source]] IS NOT NULL THEN
              lot_expiries[number] := ledger.move_lots(
                app, books[number], owners[number], ids[line], entry_seqs[line], amounts[line], balances_after[line] - amounts[line], at, lots[line],
                coalesce(reverses[line], refunds[line]), revives[line], captures[line], voids[line],
                books[accounts[source]], owners[accounts[source]], ids[source], -amounts[source], lot_expiries[number]);
              IF lot_expiries[number] <= at THEN
                to_settle := array_append(to_settle, line);
              END IF;
            END IF;
          END LOOP;
          EXIT WHEN to_settle IS NOT NULL;
        END IF;
      ELSE
        FOR posted IN REVERSE line - 1..first LOOP
          balances[accounts[posted]] := balances[accounts[posted]] - amounts[posted];
          seqs[accounts[posted]] := seqs[accounts[posted]] - 1;
          ids[posted] := NULL;
        END LOOP;
        IF first < last THEN
          FOR settled IN REVERSE line..first LOOP
            helds[accounts[settled]] := helds_before[settled];
            expiries[accounts[settled]] := expiries_before[settled];
            updates[accounts[settled]] := updates_before[settled];
          END LOOP;
        END IF;
        answers[request] := json_build_object(
          'outcome', refusal, 'line', line - first, 'details', details,
          'balance', ledger.balance_json(owners[number], balances[number], overdrafts[number], ledger.held_at(
            books[number], owners[number], helds[number], expiries[number], at), states[number]));
        refusal := NULL;
        details := NULL;
      END IF;
    END LOOP;

    -- Write.
    INSERT INTO ledger.entries_template (
      app, book, owner_id, seq, id, operation, amount, balance_after, nonce, place, transaction_id, metadata, created_on,
      reverses, refunds, hold_id, hash)
    SELECT app, books[l.account], owners[l.account], l.seq, l.id, l.operation, l.amount, l.balance_after, nonces[l.request],
           coalesce(l.place, 1), transactions[l.request], coalesce(metadata[l.request], '{}')::jsonb, coalesce(moments[l.request], now),
           l.reverses, l.refunds, l.captures, l.hash
      FROM unnest(requests_of, accounts, operations, amounts, reverses, refunds, captures, ids, entry_seqs, entry_places, balances_after, hashes)
           WITH ORDINALITY l (request, account, operation, amount, reverses, refunds, captures, id, seq, place, balance_after, hash, line)
     WHERE l.id IS NOT NULL AND l.line >= unwritten;
    PERFORM ledger.save_accounts(books, owner_ids, balances, helds, expiries, lot_expiries, seqs, updates, heads, states, seqs_written);
    EXIT WHEN request = cardinality(attempts) AND to_settle IS NULL;
    unwritten := last + 1;
    seqs_written := seqs;
    -- Credits that came back to lots that have expired expire at once.
    FOREACH line IN ARRAY coalesce(to_settle, '{}') LOOP
      number := accounts[line];
      SELECT * INTO got FROM ledger.settle_lots(
        books[number], owners[number], updates[number], balances[number], helds[number], expiries[number], seqs[number], heads[number], updates[number]);
      lapsed := coalesce(lapsed, array_fill(0::bigint, ARRAY[cardinality(accounts)]));
      lapsed[line] := balances[number] - got.balance;
      balances[number] := got.balance;
      seqs[number] := got.seq;
      seqs_written[number] := got.seq;
      heads[number] := got.head;
      lot_expiries[number] := got.lots_expire_on;
    END LOOP;
    to_settle := NULL;
    EXIT WHEN request = cardinality(attempts);
  END LOOP;

  IF last IS DISTINCT FROM cardinality(accounts) THEN
    RAISE EXCEPTION 'the lines of a call come one request after another: % of % do', last, cardinality(accounts)
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF made IS NOT NULL THEN
    PERFORM ledger.remove_unused_accounts(books, owner_ids, made);
  END IF;
  RETURN json_build_object('answers', answers, 'now', now, 'moments', moments, 'transactions', transactions, 'ids', ids, 'seqs', entry_seqs,
                           'balances', balances_after, 'overdrafts', overdrafts_after, 'held', helds_after, 'states', states_after,
                           'amounts', CASE WHEN num_nonnulls(voids, captures) > 0 THEN amounts END, 'holds', holds, 'lapsed', lapsed);
END $$;

REVOKE ALL ON FUNCTION ledger.post_template FROM PUBLIC;

-- A dry run: posts, then undoes it. It returns the answers of ledger.post_<app>. The ids that it took are not used
-- again.
CREATE OR REPLACE FUNCTION ledger.try_template(
  key text, owner_ids text[], parts integer[], requests json, lock_ms integer DEFAULT NULL
) RETURNS json LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  answer json;
BEGIN
  answer := ledger.post_template(key, owner_ids, parts, requests, false, lock_ms);
  RAISE EXCEPTION USING ERRCODE = 'LDRUN';
EXCEPTION WHEN SQLSTATE 'LDRUN' THEN
  RETURN answer;
END $$;

REVOKE ALL ON FUNCTION ledger.try_template FROM PUBLIC;
