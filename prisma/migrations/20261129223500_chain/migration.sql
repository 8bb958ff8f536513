-- Every entry has a hash, which follows from the hash before it in its account, and every account has that of its last
-- entry. The entries that are there are chained here, while nobody posts: docs/migrations.md says how long that takes.

-- The canonical form of an entry, version 1: what is of fixed size, then the texts, whose sizes stand before them; the last
-- one, metadata, goes to the end. Numbers are big-endian; a moment is in microseconds since 2000, as PostgreSQL keeps it.
-- Inlined where it is called, also in an expression of PL/pgSQL: only metadata may be a call itself.
CREATE OR REPLACE FUNCTION ledger.entry_form(
  app text, book text, owner_id text, seq bigint, id bigint, operation text, amount bigint, balance_after bigint, nonce text,
  place integer, transaction_id uuid, metadata jsonb, created_on timestamptz, reverses bigint, refunds bigint, hold_id bigint
) RETURNS bytea LANGUAGE sql STABLE
RETURN '\x01'::bytea || int8send(seq) || int8send(id) || int8send(amount) || int8send(balance_after) || int4send(place)
  || uuid_send(transaction_id) || timestamptz_send(created_on)
  || coalesce('\x08'::bytea || int8send(reverses), '\x00')
  || coalesce('\x08'::bytea || int8send(refunds), '\x00')
  || coalesce('\x08'::bytea || int8send(hold_id), '\x00')
  || int4send(octet_length(app)) || int4send(octet_length(book)) || int4send(octet_length(owner_id))
  || int4send(octet_length(operation)) || int4send(octet_length(nonce))
  || convert_to(app || book || owner_id || operation || nonce || metadata::text, 'UTF8');

-- The hash of an entry: the one before it, and a digest of the form, so that a later entry is linked without being shown.
CREATE OR REPLACE FUNCTION ledger.next_hash(before bytea, form bytea) RETURNS bytea LANGUAGE sql IMMUTABLE
RETURN sha256(before || sha256(form));

-- What stands for the hash before an account's first entry.
CREATE OR REPLACE FUNCTION ledger.chain_start(book text, owner_id text) RETURNS bytea LANGUAGE sql STABLE
RETURN sha256('shared-ledger/account/1'::bytea || int4send(octet_length(book)) || convert_to(book || owner_id, 'UTF8'));

-- The default of an entry's hash, which every posting function gives. One that began before a migration brought the chain,
-- and goes on after it, ends here: sent again, it is posted by the function of today.
CREATE OR REPLACE FUNCTION ledger.refuse_unchained() RETURNS bytea LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an entry has the hash that follows from the one before it' USING ERRCODE = 'serialization_failure';
END $$;

CREATE DOMAIN ledger.hash AS bytea CONSTRAINT hash_length CHECK (octet_length(VALUE) = 32);

-- In the order in which postings take them.
LOCK TABLE ledger.accounts, ledger.entries IN ACCESS EXCLUSIVE MODE;
ALTER TABLE ledger.accounts ADD COLUMN head ledger.hash; -- the hash of the newest entry
ALTER TABLE ledger.entries ADD COLUMN hash bytea;        -- follows from all of the account's entries up to it

CREATE FUNCTION pg_temp.chained(before bytea, start bytea, form bytea) RETURNS bytea LANGUAGE plpgsql AS $$
BEGIN
  RETURN ledger.next_hash(coalesce(before, start), form);
END $$;
CREATE AGGREGATE pg_temp.chain(start bytea, form bytea) (SFUNC = pg_temp.chained, STYPE = bytea);

CREATE TEMPORARY TABLE hashes ON COMMIT DROP AS
SELECT app, book, owner_id, seq, pg_temp.chain(ledger.chain_start(book, owner_id), ledger.entry_form(
         app, book, owner_id, seq, id, operation, amount, balance_after, nonce, place, transaction_id, metadata, created_on,
         reverses, refunds, hold_id)) OVER (PARTITION BY app, book, owner_id ORDER BY seq) AS hash
  FROM ledger.entries;
CREATE INDEX ON pg_temp.hashes (owner_id, seq, app, book);
ANALYZE pg_temp.hashes;

CREATE FUNCTION pg_temp.hash_of(app text, book text, owner_id text, seq bigint) RETURNS bytea LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT h.hash FROM pg_temp.hashes h WHERE h.owner_id = $3 AND h.seq = $4 AND h.app = $1 AND h.book = $2 LIMIT 1);
END $$;

UPDATE ledger.accounts a SET head = coalesce(pg_temp.hash_of(book, book, owner_id, seq), ledger.chain_start(book, owner_id));
ALTER TABLE ledger.accounts ALTER COLUMN head SET NOT NULL;

-- Another type lets PostgreSQL write the table anew, and its indexes at once: an UPDATE takes several times as long, leaves
-- the old rows behind, and entries have a trigger against it.
ALTER TABLE ledger.entries ALTER COLUMN hash TYPE ledger.hash USING pg_temp.hash_of(app, book, owner_id, seq);
ALTER TABLE ledger.entries ALTER COLUMN hash SET NOT NULL, ALTER COLUMN hash SET DEFAULT ledger.refuse_unchained();

DROP FUNCTION pg_temp.hash_of;
DROP AGGREGATE pg_temp.chain(bytea, bytea);
DROP FUNCTION pg_temp.chained;

-- Functions, from prisma/functions.

-- Makes accounts that are missing, in the order of the list. Returns those that it made: another transaction may be first.
CREATE OR REPLACE FUNCTION ledger.make_accounts(book text, owner_ids text[]) RETURNS text[] LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  owner_id text;
  made text[];
BEGIN
  FOR owner_id IN
    INSERT INTO ledger.accounts (book, owner_id, head, created_on, updated_on)
    SELECT $1, o.owner_id, ledger.chain_start($1, o.owner_id), moment.now, moment.now
      FROM unnest($2) WITH ORDINALITY o (owner_id, place), (SELECT date_trunc('milliseconds', ledger.now()) AS now) moment
     ORDER BY o.place
    ON CONFLICT DO NOTHING
    RETURNING accounts.owner_id
  LOOP
    made := array_append(made, owner_id);
  END LOOP;
  RETURN made;
END $$;

-- Another signature: made anew. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.lock_missing_account(text, text);

-- Locks an account that was missing a moment ago, which is made unless another transaction was first.
CREATE OR REPLACE FUNCTION ledger.lock_missing_account(book text, owner_id text) RETURNS TABLE (
  balance bigint, overdraft bigint, held bigint, holds_expire_on timestamptz, seq bigint, updated_on timestamptz, head bytea, made boolean
) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
  made := false;
  LOOP
    SELECT a.balance, a.overdraft, a.held, a.holds_expire_on, a.seq, a.updated_on, a.head
      INTO balance, overdraft, held, holds_expire_on, seq, updated_on, head
      FROM ledger.accounts a WHERE a.book = book AND a.owner_id = owner_id FOR NO KEY UPDATE;
    IF FOUND THEN
      RETURN NEXT;
      RETURN;
    END IF;
    made := ledger.make_accounts(book, ARRAY[owner_id]) IS NOT NULL;
  END LOOP;
END $$;

-- Another signature: made anew. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.lock_accounts(text, text[], boolean);

-- Locks the accounts of a book's owners, and makes those that are missing (made). Returns their columns in the order of
-- the list. That is the order in which they are locked: where all calls have the same, no two wait for each other.
-- Each account is looked up by itself: a join that was planned while there were few accounts would read all of them.
-- skip_busy: the columns are null for an account that another transaction has locked, or is making.
CREATE OR REPLACE FUNCTION ledger.lock_accounts(
  book text, owner_ids text[], skip_busy boolean,
  OUT balances bigint[], OUT overdrafts bigint[], OUT helds bigint[], OUT expiries timestamptz[], OUT seqs bigint[],
  OUT updates timestamptz[], OUT heads bytea[], OUT made text[]
) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  missing text[];
BEGIN
  IF NOT skip_busy THEN
    SELECT array_agg(coalesce(a.balance, m.balance)), array_agg(coalesce(a.overdraft, m.overdraft)),
           array_agg(coalesce(a.held, m.held)), array_agg(coalesce(a.holds_expire_on, m.holds_expire_on)),
           array_agg(coalesce(a.seq, m.seq)), array_agg(coalesce(a.updated_on, m.updated_on)),
           array_agg(coalesce(a.head, m.head)), array_agg(o.owner_id) FILTER (WHERE m.made)
      INTO balances, overdrafts, helds, expiries, seqs, updates, heads, made
      FROM unnest(owner_ids) o (owner_id) LEFT JOIN LATERAL (
        SELECT a.* FROM ledger.accounts a WHERE a.book = book AND a.owner_id = o.owner_id FOR NO KEY UPDATE
      ) a ON true LEFT JOIN LATERAL (
        SELECT m.* FROM ledger.lock_missing_account(book, o.owner_id) m WHERE a.seq IS NULL OFFSET 0
      ) m ON true;
    RETURN;
  END IF;

  LOOP
    SELECT array_agg(a.balance), array_agg(a.overdraft), array_agg(a.held), array_agg(a.holds_expire_on), array_agg(a.seq),
           array_agg(a.updated_on), array_agg(a.head)
      INTO balances, overdrafts, helds, expiries, seqs, updates, heads
      FROM unnest(owner_ids) o (owner_id) LEFT JOIN LATERAL (
        SELECT a.* FROM ledger.accounts a WHERE a.book = book AND a.owner_id = o.owner_id FOR NO KEY UPDATE SKIP LOCKED
      ) a ON true;
    EXIT WHEN made IS NOT NULL OR array_position(updates, NULL) IS NULL;
    -- Some are busy, or missing: these are made, and all are looked at once more.
    missing := (
      SELECT array_agg(o.owner_id)
        FROM unnest(owner_ids, updates) o (owner_id, locked)
       WHERE o.locked IS NULL AND (SELECT a.seq FROM ledger.accounts a WHERE a.book = book AND a.owner_id = o.owner_id) IS NULL);
    EXIT WHEN missing IS NULL;
    made := ledger.make_free_accounts(book, missing);
    EXIT WHEN made IS NULL;
  END LOOP;
END $$;

-- Another signature: made anew. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.save_accounts(text, text[], bigint[], bigint[], timestamp with time zone[], bigint[], timestamp with time zone[], bigint[]);

-- Writes what entries have changed in accounts: in those whose seq has risen since their rows were read. By key, and only
-- from the seq that was read: on a cluster a shard may have moved since, and its lock stayed behind.
-- Rows are compared, not columns: only an index answers that, so that PostgreSQL looks each account up by its key. A plan for
-- equal columns, made while there were few accounts, would read all of them.
CREATE OR REPLACE FUNCTION ledger.save_accounts(
  book text, owner_ids text[], balances bigint[], helds bigint[], expiries timestamptz[], seqs bigint[], updates timestamptz[],
  heads bytea[], seqs_read bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  saved integer;
BEGIN
  UPDATE ledger.accounts a
     SET balance = n.balance, held = n.held, holds_expire_on = n.expiry, seq = n.seq, updated_on = n.updated_on, head = n.head
    FROM (
      SELECT book AS book, n.* FROM unnest(owner_ids, balances, helds, expiries, seqs, updates, heads, seqs_read)
             n (owner_id, balance, held, expiry, seq, updated_on, head, seq_read)
       WHERE n.seq > n.seq_read OFFSET 0
    ) n
   WHERE (a.book, a.owner_id) >= (n.book, n.owner_id) AND (a.book, a.owner_id) <= (n.book, n.owner_id) AND a.seq = n.seq_read;
  GET DIAGNOSTICS saved = ROW_COUNT;
  IF saved <> (SELECT count(*) FROM unnest(seqs, seqs_read) n (seq, seq_read) WHERE n.seq > n.seq_read) THEN
    RAISE EXCEPTION 'an account has changed since it was locked' USING ERRCODE = 'serialization_failure';
  END IF;
END $$;

-- Posts a list of requests for an app, each on its own: all of its lines or none, as if one request after another. Each app
-- has its own copy of this template, ledger.post_<app>, which names the app's partition.
-- key: the first owner. On a cluster the call goes to where its account is.
-- owner_ids: the different owners of all lines, in the order of their bytes.
-- parts: how many of them, in order, are in each shard; in one PostgreSQL there is one part.
-- requests: columns. One without a value may be left out. For each request
--     id        of the attempt, a UUIDv7: sent again after a lost answer, it is known to be the same
--     nonce, metadata (JSON as text; left out: none has any)
--     invalid   the app's rules refuse it, unless it was posted before
--   and for each line, one request after another
--     request, account    the numbers of its request and of its owner, from 1
--     operation, amount   signed; null: the app's amount rule refuses what was requested
--     requested           what the caller gave, signed; null: the caller left it out
--     limit_times, limit_per   how often the operation may be posted per hour, day, week, month or lifetime
--     reverses            the id of an entry; a request reverses a whole transaction, and does nothing else
--     refunds, captures   the id of an entry, of a hold
--     hold_ms             how long the credits are set aside, in place of an entry
--     releases            the id of a hold, in place of an entry: without operation and nonce
--     overdraft           how far below 0 the balance may go, in place of an entry: without operation and nonce
-- skip_busy: a request some of whose accounts are locked elsewhere is not looked at.
-- lock_ms: how long locks are waited for; null: as long as the session says.
-- Returns, in columns, by request
--     answers   null: its lines were posted. Otherwise {outcome} and
--       busy                    {accounts}: those that are locked elsewhere
--       duplicate               {entry or hold, identical, own, balance}: what the first of its owners that knows the
--                               nonce used it for; own: by the same attempt
--       any other               {line, balance, details}: the first line that was refused, from 0, or the line that made no
--                               entry (held and released, with the hold; set: the overdraft), and its owner's balance
--     moments   left out where all are now
--     transactions
--   and by line {ids, seqs, balances, overdrafts, held}: the entry, and its account after it. A replay is found before
--   anything else is judged. overdrafts and held are left out where all are 0.
-- The settings leave the planner one way for each statement: by the index that has what is asked for, in its order. Plans are
-- made while tables are small, and kept.
CREATE OR REPLACE FUNCTION ledger.post_template(
  key text, owner_ids text[], parts integer[], requests json, skip_busy boolean DEFAULT false, lock_ms integer DEFAULT NULL
) RETURNS json LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off SET jit = off AS $$
#variable_conflict use_variable
DECLARE
  app  CONSTANT text := 'template';
  book CONSTANT text := 'template';
  owners text[] := owner_ids; -- a variable's elements are found at once, a parameter's by counting
  -- What is asked for, by request and by line. special: null for a plain entry.
  attempts uuid[]; nonces text[]; metadata text[]; invalid boolean[];
  requests_of integer[]; accounts integer[]; operations text[]; amounts bigint[]; requested bigint[];
  limit_times integer[]; limit_pers text[]; reverses bigint[]; refunds bigint[]; captures bigint[];
  hold_ms bigint[]; releases bigint[]; new_overdrafts bigint[]; special boolean[];
  -- The accounts, as what is posted leaves them. updates: null for one that is busy. seqs_written: what the rows say.
  balances bigint[]; overdrafts bigint[]; helds bigint[]; expiries timestamptz[]; seqs bigint[]; updates timestamptz[];
  heads bytea[]; made text[]; seqs_written bigint[];
  -- What becomes of it, by request and by line.
  answers json[]; moments timestamptz[]; transactions uuid[]; -- moments: null where all are now
  ids bigint[]; entry_seqs bigint[]; balances_after bigint[]; hashes bytea[];
  overdrafts_after bigint[]; helds_after bigint[]; -- null: all are 0
  entry_places integer[];                          -- null: all are 1
  -- Of a request of several lines: how many entries each account has, and by line what undoes it.
  places integer[]; helds_before bigint[]; expiries_before timestamptz[]; updates_before timestamptz[];

  retired text[];
  replayed integer[];  -- requests of whose owners one has used the nonce before the call
  repeated integer[];  -- requests of whose owners one uses the nonce in the call before
  size integer;
  done integer := 0;
  now timestamptz;
  request integer := 0;
  first integer;
  last integer := 0;
  unwritten integer := 1; -- the first line that is not written
  at timestamptz;
  busy integer[];
  line integer;
  number integer;
  kept bigint;
  available bigint;
  refusal text;
  details json;
  got record;
BEGIN
  IF lock_ms IS NOT NULL THEN
    PERFORM set_config('lock_timeout', lock_ms::text, true);
  END IF;
  SELECT * INTO attempts, nonces, metadata, invalid, requests_of, accounts, operations, amounts, requested,
                limit_times, limit_pers, reverses, refunds, captures, hold_ms, releases, new_overdrafts
    FROM json_to_record(requests) r (
      id uuid[], nonce text[], metadata text[], invalid boolean[], request integer[], account integer[], operation text[],
      amount bigint[], requested bigint[], limit_times integer[], limit_per text[], reverses bigint[], refunds bigint[],
      captures bigint[], hold_ms bigint[], releases bigint[], overdraft bigint[]);
  IF cardinality(attempts) > 0 IS NOT TRUE OR greatest(
    array_ndims(attempts), array_ndims(nonces), array_ndims(metadata), array_ndims(invalid), array_ndims(requests_of),
    array_ndims(accounts), array_ndims(operations), array_ndims(amounts), array_ndims(requested), array_ndims(limit_times),
    array_ndims(limit_pers), array_ndims(reverses), array_ndims(refunds), array_ndims(captures), array_ndims(hold_ms),
    array_ndims(releases), array_ndims(new_overdrafts)) > 1 THEN
    RAISE EXCEPTION 'a call has requests, and each column is a list of values' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM ledger.assert_owners(owner_ids, parts, accounts);
  IF (SELECT count(DISTINCT n COLLATE "C") < count(n) FROM unnest(nonces) n) THEN
    repeated := (
      SELECT array_agg(l.request)
        FROM (SELECT l.request, min(l.request) OVER (PARTITION BY l.account, nonces[l.request]) AS first
                FROM unnest(requests_of, accounts) l (request, account)) l
       WHERE l.first < l.request);
  END IF;
  IF num_nonnulls(limit_pers, reverses, refunds, captures, hold_ms, releases, new_overdrafts) > 0 THEN
    SELECT array_agg(CASE WHEN l.things > 0 OR l.limit_per IS NOT NULL THEN true END ORDER BY l.line) AS special,
           bool_or(l.things > 1) AS is_several, bool_or(l.is_alone AND l.lines > 1) AS is_crowded
      INTO got
      FROM (
        SELECT l.line, l.limit_per, num_nonnulls(l.reverses, l.refunds, l.captures, l.hold_ms, l.releases, l.overdraft) AS things,
               num_nonnulls(l.refunds, l.captures, l.hold_ms, l.releases, l.overdraft) > 0 AS is_alone,
               count(*) OVER (PARTITION BY l.request) AS lines
          FROM unnest(requests_of, limit_pers, reverses, refunds, captures, hold_ms, releases, new_overdrafts)
               WITH ORDINALITY l (request, limit_per, reverses, refunds, captures, hold_ms, releases, overdraft, line)
      ) l;
    special := got.special;
    IF got.is_several THEN
      RAISE EXCEPTION 'a line does one thing: it corrects, captures, holds, releases or sets an overdraft'
        USING ERRCODE = 'invalid_parameter_value';
    ELSIF got.is_crowded THEN
      RAISE EXCEPTION 'a line that refunds, captures, holds, releases or sets an overdraft is alone in its transaction'
        USING ERRCODE = 'invalid_parameter_value';
    END IF;
  END IF;

  FOREACH size IN ARRAY parts LOOP
    -- Lock the accounts.
    SELECT * INTO got FROM ledger.lock_accounts(book, owners[done + 1:done + size], skip_busy);
    balances := balances || got.balances;
    overdrafts := overdrafts || got.overdrafts;
    helds := helds || got.helds;
    expiries := expiries || got.expiries;
    seqs := seqs || got.seqs;
    updates := updates || got.updates;
    heads := heads || got.heads;
    made := made || got.made;
    -- The parent before its partition, as every migration does that changes which partitions there are.
    LOCK TABLE ONLY ledger.entries IN ROW EXCLUSIVE MODE;

    -- Look the nonces up: as a range, in the order of the index that has them. To the planner any index that begins with the
    -- owner is as good for an equal one, and then all entries of the owner are read. Not by EXISTS, which it may answer by
    -- looking at all holds.
    replayed := replayed || (
      SELECT array_agg(l.request)
        FROM (SELECT l.request, owners[l.account] AS owner_id, nonces[l.request] AS nonce
                FROM unnest(requests_of, accounts) l (request, account)
               WHERE l.account BETWEEN done + 1 AND done + size OFFSET 0) l
       WHERE l.nonce IN (
         (SELECT e.nonce FROM ledger.entries_template e
           WHERE e.book = book AND e.owner_id = l.owner_id AND e.nonce BETWEEN l.nonce AND l.nonce ORDER BY e.nonce LIMIT 1),
         (SELECT h.nonce FROM ledger.holds h
           WHERE h.app = app AND h.book = book AND h.owner_id = l.owner_id AND h.nonce BETWEEN l.nonce AND l.nonce ORDER BY h.nonce LIMIT 1)));
    done := done + size;
  END LOOP;
  seqs_written := seqs;
  retired := ledger.retired_operations(app);
  now := date_trunc('milliseconds', ledger.now());

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
      IF special IS NOT NULL THEN
        line := last + 1;
        LOOP
          EXIT run WHEN special[line] AND seqs[accounts[line]] > seqs_written[accounts[line]];
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
            owners[number], nonces[request], attempts[request], coalesce(metadata[request], '{}')::jsonb,
            (SELECT array_agg(owners[n] ORDER BY place) FROM unnest(accounts[first:last]) WITH ORDINALITY l (n, place)),
            operations[first:last], requested[first:last], reverses[first:last], refunds[first:last], captures[first:last],
            hold_ms[first], greatest(now, updates[number]),
            ledger.balance_json(owners[number], balances[number], overdrafts[number], ledger.held_at(
              book, owners[number], helds[number], expiries[number], greatest(now, updates[number]))));
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
          SELECT l.held, l.expire_on INTO got FROM ledger.live_holds(book, owners[number], at) l;
          helds[number] := got.held;
          expiries[number] := got.expire_on;
        END IF;

        -- Judge.
        available := balances[number] - helds[number] + overdrafts[number];
        IF invalid[request] THEN
          refusal := 'invalid';
        ELSIF special[line] THEN
          SELECT * INTO refusal, details, kept FROM ledger.judge_template(
            owners[number], balances[number], helds[number], operations[line], amounts[line], limit_times[line], limit_pers[line],
            reverses[line], refunds[line], captures[line], new_overdrafts[line], retired, at,
            (SELECT count(*) FROM generate_series(first, line - 1) n WHERE accounts[n] = number AND operations[n] = operations[line]));
          -- A capture takes what its own hold keeps: a live hold's capture is never refused for balance.
          available := available + kept;
          IF reverses[line] IS NOT NULL AND refusal IS NULL AND (
            reverses[first] IS NULL OR line = first AND NOT ledger.is_whole_template(reverses[first:last])) THEN
            refusal := 'not_reversible';
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
        IF special[line] AND num_nonnulls(hold_ms[line], releases[line], new_overdrafts[line]) > 0 THEN
          SELECT * INTO got FROM ledger.set_aside(
            app, book, owners[number], seqs[number], balances[number], overdrafts[number], helds[number], expiries[number],
            operations[line], amounts[line], nonces[request], coalesce(metadata[request], '{}')::jsonb, hold_ms[line], releases[line],
            new_overdrafts[line], at);
          overdrafts[number] := got.overdraft;
          helds[number] := got.held;
          expiries[number] := got.expiry;
          answers[request] := got.answer;
          IF helds[number] + overdrafts[number] > 0 THEN
            made := array_remove(made, owners[number]); -- it is in use, whatever a later line leaves of it
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
          IF special[line] AND captures[line] IS NOT NULL THEN
            PERFORM ledger.capture_hold(app, book, owners[number], captures[line], ids[line], at);
            SELECT l.held, l.expire_on INTO got FROM ledger.live_holds(book, owners[number], at) l;
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
        transactions[request] := ledger.transaction_id(attempts[request], owners[accounts[first]], nonces[request]);
        -- Chain.
        FOR line IN first..last LOOP
          CONTINUE WHEN ids[line] IS NULL;
          number := accounts[line];
          heads[number] := ledger.next_hash(heads[number], ledger.entry_form(
            app, book, owners[number], entry_seqs[line], ids[line], operations[line], amounts[line], balances_after[line],
            nonces[request], coalesce(entry_places[line], 1), transactions[request], coalesce(metadata[request], '{}')::jsonb, at,
            reverses[line], refunds[line], captures[line]));
          hashes[line] := heads[number];
        END LOOP;
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
            book, owners[number], helds[number], expiries[number], at)));
        refusal := NULL;
        details := NULL;
      END IF;
    END LOOP;

    -- Write.
    INSERT INTO ledger.entries_template (
      app, book, owner_id, seq, id, operation, amount, balance_after, nonce, place, transaction_id, metadata, created_on,
      reverses, refunds, hold_id, hash)
    SELECT app, book, owners[l.account], l.seq, l.id, l.operation, l.amount, l.balance_after, nonces[l.request],
           coalesce(l.place, 1), transactions[l.request], coalesce(metadata[l.request], '{}')::jsonb, coalesce(moments[l.request], now),
           l.reverses, l.refunds, l.captures, l.hash
      FROM unnest(requests_of, accounts, operations, amounts, reverses, refunds, captures, ids, entry_seqs, entry_places, balances_after, hashes)
           WITH ORDINALITY l (request, account, operation, amount, reverses, refunds, captures, id, seq, place, balance_after, hash, line)
     WHERE l.id IS NOT NULL AND l.line >= unwritten;
    PERFORM ledger.save_accounts(book, owner_ids, balances, helds, expiries, seqs, updates, heads, seqs_written);
    EXIT WHEN request = cardinality(attempts);
    unwritten := last + 1;
    seqs_written := seqs;
  END LOOP;

  IF last IS DISTINCT FROM cardinality(accounts) THEN
    RAISE EXCEPTION 'the lines of a call come one request after another: % of % do', last, cardinality(accounts)
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF made IS NOT NULL THEN
    PERFORM ledger.remove_unused_accounts(book, made);
  END IF;
  RETURN json_build_object('answers', answers, 'now', now, 'moments', moments, 'transactions', transactions, 'ids', ids, 'seqs', entry_seqs,
                           'balances', balances_after, 'overdrafts', overdrafts_after, 'held', helds_after);
END $$;

REVOKE ALL ON FUNCTION ledger.post_template FROM PUBLIC;

-- The usual call: one plain entry, without a limit. Posts it where nothing else is to be said: the account is there and free,
-- its nonce is new, no hold of it has expired, and the balance allows it. Otherwise ledger.post_template says what there is
-- to say, under the same lock; it is asked before anything is written, and there is no second judge. Returns {now, transaction, id, seq,
-- balance, overdraft, held} for the entry, or what ledger.post_template returns.
CREATE OR REPLACE FUNCTION ledger.append_template(
  owner_id text, attempt uuid, nonce text, metadata text, operation text, amount bigint, requested bigint,
  skip_busy boolean DEFAULT false, lock_ms integer DEFAULT NULL
) RETURNS json LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_variable
DECLARE
  app  CONSTANT text := 'template';
  book CONSTANT text := 'template';
  balance bigint; overdraft bigint; held bigint; expiry timestamptz; seq bigint; at timestamptz; head bytea;
  entry_id bigint;
  transaction_id uuid;
BEGIN
  IF lock_ms IS NOT NULL THEN
    PERFORM set_config('lock_timeout', lock_ms::text, true);
  END IF;
  IF skip_busy THEN
    SELECT a.balance + amount, a.overdraft, a.held, a.holds_expire_on, a.seq + 1, a.updated_on, a.head
      INTO balance, overdraft, held, expiry, seq, at, head
      FROM ledger.accounts a WHERE a.book = book AND a.owner_id = owner_id FOR NO KEY UPDATE SKIP LOCKED;
  ELSE
    SELECT a.balance + amount, a.overdraft, a.held, a.holds_expire_on, a.seq + 1, a.updated_on, a.head
      INTO balance, overdraft, held, expiry, seq, at, head
      FROM ledger.accounts a WHERE a.book = book AND a.owner_id = owner_id FOR NO KEY UPDATE;
  END IF;
  -- The parent before its partition, as every migration does that changes which partitions there are.
  LOCK TABLE ONLY ledger.entries IN ROW EXCLUSIVE MODE;
  IF at < ledger.now() THEN
    at := date_trunc('milliseconds', ledger.now());
  END IF;
  IF (expiry IS NULL OR expiry > at) AND (amount >= 0 OR balance - held + overdraft >= 0) AND balance + overdraft <= 9007199254740991 THEN
    transaction_id := ledger.transaction_id(attempt, owner_id, nonce);
    INSERT INTO ledger.entries_template AS e (
      app, book, owner_id, seq, id, operation, amount, balance_after, nonce, transaction_id, metadata, created_on, hash)
    SELECT app, book, owner_id, seq, n.id, operation, amount, balance, nonce, transaction_id, n.metadata, at,
           ledger.next_hash(head, ledger.entry_form(
             app, book, owner_id, seq, n.id, operation, amount, balance, nonce, 1, transaction_id, n.metadata, at, NULL, NULL, NULL))
      FROM (SELECT nextval('ledger.entries_id_seq') AS id, coalesce(metadata, '{}')::jsonb AS metadata) n
     WHERE (SELECT e.nonce FROM ledger.entries_template e
             WHERE e.book = book AND e.owner_id = owner_id AND e.nonce BETWEEN nonce AND nonce ORDER BY e.nonce LIMIT 1) IS NULL
       AND (SELECT h.nonce FROM ledger.holds h
             WHERE h.app = app AND h.book = book AND h.owner_id = owner_id AND h.nonce BETWEEN nonce AND nonce ORDER BY h.nonce LIMIT 1) IS NULL
       AND operation <> ALL ((SELECT p.retired FROM ledger.apps p WHERE p.app = app)::text[])
    RETURNING e.id, e.hash INTO entry_id, head;
    IF entry_id IS NOT NULL THEN
      UPDATE ledger.accounts a SET balance = balance, seq = seq, updated_on = at, head = head
       WHERE a.book = book AND a.owner_id = owner_id AND a.seq = seq - 1;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'the account has changed since it was locked' USING ERRCODE = 'serialization_failure';
      END IF;
      RETURN json_build_object('now', at, 'transaction', transaction_id, 'id', entry_id, 'seq', seq, 'balance', balance,
                               'overdraft', overdraft, 'held', held);
    END IF;
  END IF;
  RETURN ledger.post_template(owner_id, ARRAY[owner_id], ARRAY[1], json_build_object(
    'id', ARRAY[attempt], 'nonce', ARRAY[nonce], 'metadata', ARRAY[metadata], 'request', ARRAY[1], 'account', ARRAY[1],
    'operation', ARRAY[operation], 'amount', ARRAY[amount], 'requested', ARRAY[requested]), skip_busy);
END $$;

REVOKE ALL ON FUNCTION ledger.append_template FROM PUBLIC;

-- Each app's copies of the templates.
SELECT ledger.make_functions(app) FROM ledger.apps;
