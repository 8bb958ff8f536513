-- When an app was verified last.
ALTER TABLE ledger.apps ADD COLUMN last_verify jsonb;

-- Functions, from prisma/functions.

-- Raises an error where the ids of an app's entries have no order: the nodes of a cluster give them out independently.
CREATE OR REPLACE FUNCTION ledger.assert_ordered() RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF ledger.is_distributed() THEN
    RAISE EXCEPTION 'the entries of a whole app have no order on a cluster' USING ERRCODE = 'feature_not_supported';
  END IF;
END $$;

REVOKE ALL ON FUNCTION ledger.assert_ordered FROM PUBLIC;

-- Returns the id of an app's last entry (text; 0: none), and the names of the open transactions of this database that may
-- have taken lower ids. A name lasts as long as its transaction, unless that is prepared, which gives it another one:
-- hasPrepared says whether there is any such. The locks are asked for after the entries, so that no transaction falls
-- between. A standby does not know them.
CREATE OR REPLACE FUNCTION ledger.open_postings(app text) RETURNS json LANGUAGE plpgsql VOLATILE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  last bigint;
BEGIN
  PERFORM ledger.assert_ordered();
  IF pg_is_in_recovery() THEN
    RAISE EXCEPTION 'a standby does not know which transactions are open' USING ERRCODE = 'feature_not_supported';
  END IF;
  IF ledger.may_use(app) OR ledger.reads_all() THEN
    EXECUTE 'SELECT e.id FROM ledger.entries e WHERE e.app = $1 ORDER BY e.id DESC LIMIT 1' INTO last USING app;
  END IF;
  RETURN (
    SELECT json_build_object(
             'last', coalesce(last, 0)::text,
             'open', coalesce(array_agg(DISTINCT l.virtualtransaction), '{}'),
             'hasPrepared', coalesce(bool_or(l.pid IS NULL), false))
      FROM pg_locks l
     WHERE l.locktype = 'relation' AND l.relation = 'ledger.accounts'::regclass AND l.granted
       AND l.mode IN ('RowShareLock', 'RowExclusiveLock')
       AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()));
END $$;

-- Returns entries of an app in a book (null: in all) between two exclusive ids: found, an array or null, and last, the id
-- (text) at which the search stopped early. after, until, operations, metadata: only entries of this time, of these
-- operations, with this metadata. Null for any. It looks at a number of entries (examined) for those that match, and goes on
-- from the next entry of the time when none does and it has left that time. The index of the time finds that entry. id + 0
-- keeps the planner from searching along the ids. STABLE: all of its statements see one moment.
CREATE OR REPLACE FUNCTION ledger.app_entries(
  app text, book text, above bigint, below bigint, after timestamptz, until timestamptz, operations text[], metadata jsonb, descending boolean,
  size integer, examined integer
) RETURNS json LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  direction CONSTANT text := CASE WHEN descending THEN 'DESC' ELSE 'ASC' END;
  entries json;
  count bigint;
  stop bigint;
  stop_on timestamptz;
  is_within_time boolean := num_nonnulls(after, until) = 0;
BEGIN
  IF NOT (ledger.may_use(app) OR ledger.reads_all()) THEN
    RETURN NULL;
  END IF;
  PERFORM ledger.assert_ordered();
  LOOP
    EXECUTE format('
      SELECT count(*), json_agg(ledger.entry_json(
               e.id, e.owner_id, e.seq, e.operation, e.amount, e.balance_after, e.nonce, e.transaction_id, e.metadata, e.created_on,
               e.reverses, e.refunds, e.hold_id, e.book) ORDER BY e.id %1$s)
        FROM (SELECT e.* FROM (
                SELECT e.* FROM ledger.entries e WHERE e.app = $1 AND e.id > $2 AND e.id < $3 ORDER BY e.id %1$s LIMIT $4) e
               WHERE ($5 IS NULL OR e.book = $5) AND ($6 IS NULL OR e.created_on > $6) AND ($7 IS NULL OR e.created_on <= $7)
                 AND ($8 IS NULL OR e.operation = ANY ($8)) AND ($9 IS NULL OR e.metadata @> $9)
               ORDER BY e.id %1$s LIMIT $10) e', direction)
      INTO count, entries USING app, above, below, examined, book, after, until, operations, metadata, size;
    EXIT WHEN count = size;
    EXECUTE format('
      SELECT e.id, e.created_on FROM ledger.entries e WHERE e.app = $1 AND e.id > $2 AND e.id < $3 ORDER BY e.id %s OFFSET $4 LIMIT 1', direction)
      INTO stop, stop_on USING app, above, below, examined - 1;
    EXIT WHEN stop IS NULL OR count > 0 OR is_within_time OR coalesce(stop_on > after, true) AND coalesce(stop_on <= until, true);
    IF descending THEN
      below := stop;
    ELSE
      above := stop;
    END IF;
    EXECUTE format('
      SELECT %s(e.id + 0) FROM ledger.entries e
       WHERE e.app = $1 AND e.id > $2 AND e.id < $3 AND ($4 IS NULL OR e.created_on > $4) AND ($5 IS NULL OR e.created_on <= $5)',
      CASE WHEN descending THEN 'max' ELSE 'min' END)
      INTO stop USING app, above, below, after, until;
    EXIT WHEN stop IS NULL;
    IF descending THEN
      below := stop + 1;
    ELSE
      above := stop - 1;
    END IF;
    is_within_time := true;
  END LOOP;
  RETURN json_build_object('found', entries, 'last', CASE WHEN count < size THEN stop::text END);
END $$;

-- Returns a page of a book's accounts as ledger.accounts_page does, in another order: the highest rank first, and owners of
-- one rank in the order of their bytes. by: what the rank is, balance or updated_on (in milliseconds since 1970). The page
-- lies after one place and before another, each a rank and an owner (null: to the end). No index has this order, because
-- every posting would have to change it: each page reads all accounts with the prefix.
CREATE OR REPLACE FUNCTION ledger.sorted_accounts(
  book text, prefix text, by text, after_rank bigint, after_owner text, before_rank bigint, before_owner text, backward boolean, size integer
) RETURNS json LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  is_by_balance CONSTANT boolean := by = 'balance';
  -- The given rank becomes what the column has. To convert the column of each account would take longer than to read it.
  given CONSTANT text := CASE WHEN is_by_balance THEN '$%s' ELSE 'timestamptz ''epoch'' + $%s * interval ''1 millisecond''' END;
  account record;
  accounts json[] := '{}';
BEGIN
  IF NOT ledger.may_use_book(book) THEN
    RETURN '[]';
  END IF;
  FOR account IN EXECUTE format('
    SELECT r.* FROM (
      SELECT a.*, a.%4$I AS rank FROM (
        SELECT a.owner_id, (a.balance - %1$s)::bigint AS balance, a.overdraft, a.state, a.seq, a.created_on, a.updated_on,
               %7$s AS held
          FROM ledger.accounts a WHERE a.book = $1 AND a.owner_id ^@ $2) a) r
     WHERE ($3 IS NULL OR r.rank < %5$s OR r.rank = %5$s AND r.owner_id > $4)
       AND ($5 IS NULL OR r.rank > %6$s OR r.rank = %6$s AND r.owner_id < $6)
     ORDER BY r.rank %2$s, r.owner_id %3$s LIMIT $7',
    ledger.expired_credits('$8'), CASE WHEN backward THEN 'ASC' ELSE 'DESC' END, CASE WHEN backward THEN 'DESC' ELSE 'ASC' END,
    CASE WHEN is_by_balance THEN 'balance' ELSE 'updated_on' END, format(given, 3), format(given, 5), ledger.held_credits('$8'))
    USING book, prefix, after_rank, after_owner, before_rank, before_owner, size, ledger.now()
  LOOP
    accounts := array_append(accounts, json_build_object(
      'balance', ledger.balance_json(account.owner_id, account.balance, account.overdraft, account.held, account.state),
      'entryCount', account.seq,
      'createdOn', ledger.epoch_ms(account.created_on),
      'updatedOn', ledger.epoch_ms(account.updated_on)));
  END LOOP;
  RETURN to_json(accounts);
END $$;

-- Returns how many accounts a book has, what they have now, and how many are frozen and closed. What has expired and no
-- entry has taken yet counts as taken.
CREATE OR REPLACE FUNCTION ledger.totals(book text) RETURNS json LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  totals json;
BEGIN
  IF ledger.may_use_book(book) THEN
    EXECUTE format('
      SELECT json_build_object(
               ''accounts'', count(*), ''amount'', coalesce(sum(a.balance), 0)::text, ''held'', coalesce(sum(a.held), 0)::text,
               ''overdraft'', coalesce(sum(a.overdraft), 0)::text,
               ''frozen'', count(*) FILTER (WHERE a.state IN (''SPENDING_FROZEN'', ''FROZEN'')),
               ''closed'', count(*) FILTER (WHERE a.state = ''CLOSED''))
        FROM (
          SELECT a.balance - %s AS balance, a.overdraft::bigint AS overdraft, a.state, %s AS held
            FROM ledger.accounts a WHERE a.book = $1) a', ledger.expired_credits('$2'), ledger.held_credits('$2'))
      INTO totals USING book, ledger.now();
  END IF;
  RETURN totals;
END $$;

-- Returns the credits (text) of a book that expire within a number of days (of 24 hours), if nobody uses them.
CREATE OR REPLACE FUNCTION ledger.expiring_within(book text, days integer) RETURNS text LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  now CONSTANT timestamptz := ledger.now();
  total text;
BEGIN
  IF ledger.may_use_book(book) THEN
    EXECUTE '
      SELECT coalesce(sum(l.rest), 0)::text FROM ledger.lots l
       WHERE l.book = $1 AND l.rest > 0 AND l.expires_on > $2 AND l.expires_on <= $3'
      INTO total USING book, now, now + days * interval '24 hours';
  END IF;
  RETURN total;
END $$;

-- Returns what all accounts of a book had at the end of each window (hour, day, month; UTC) between two moments, oldest first,
-- as a JSON array. The last window ends at the last of these moments, or now. It goes back from what the accounts have now:
-- it takes off what was posted after a window, and what has expired in it or before and no entry has taken yet. Such credits
-- expire with their lot, or with the last hold that reserved them.
CREATE OR REPLACE FUNCTION ledger.outstanding(book text, after timestamptz, until timestamptz, per text) RETURNS json LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  lines json;
BEGIN
  IF ledger.may_use_book(book) THEN
    EXECUTE '
      WITH reserved AS (
        SELECT r.owner_id, r.lot_id, r.amount, h.expires_on FROM ledger.lot_holds r
          JOIN ledger.holds h ON h.book = r.book AND h.owner_id = r.owner_id AND h.id = r.hold_id
         WHERE h.released_on IS NULL AND r.book = $1
      ), lots AS (
        SELECT l.owner_id, l.id, l.rest::bigint AS rest, l.expires_on FROM ledger.lots l
         WHERE l.book = $1 AND l.rest > 0 AND l.expires_on <= $5
      ), ends AS (
        SELECT l.owner_id, l.id, l.rest, l.expires_on AS moment FROM lots l
        UNION
        SELECT l.owner_id, l.id, l.rest, r.expires_on FROM lots l JOIN reserved r ON r.owner_id = l.owner_id AND r.lot_id = l.id
         WHERE l.expires_on < r.expires_on AND r.expires_on <= $5
      ), kept AS (
        SELECT e.owner_id, e.id, e.rest, e.moment, least(e.rest, coalesce(sum(r.amount), 0))::bigint AS amount
          FROM ends e LEFT JOIN reserved r ON r.owner_id = e.owner_id AND r.lot_id = e.id AND r.expires_on > e.moment
         GROUP BY e.owner_id, e.id, e.rest, e.moment
      ), due AS (
        SELECT k.moment, coalesce(lag(k.amount) OVER (PARTITION BY k.owner_id, k.id ORDER BY k.moment), k.rest) - k.amount AS amount FROM kept k
      ), changes AS (
        SELECT CASE WHEN e.created_on > $3 THEN ''infinity'' ELSE date_trunc($4, e.created_on, ''UTC'') END AS start, sum(e.amount) AS amount
          FROM ledger.entries e WHERE e.app = ANY ($6) AND e.book = $1 AND e.created_on > $2
         GROUP BY 1
        UNION ALL
        SELECT date_trunc($4, greatest(d.moment, $2), ''UTC''), -sum(d.amount) FROM due d GROUP BY 1
        UNION ALL
        SELECT ''infinity'', (SELECT sum(d.amount) FROM due d)
        UNION ALL
        SELECT w AT TIME ZONE ''UTC'', 0 FROM generate_series(
          date_trunc($4, $2 + interval ''1 ms'', ''UTC'') AT TIME ZONE ''UTC'', $5 AT TIME ZONE ''UTC'', (''1 '' || $4)::interval) w
      ), sums AS (
        SELECT c.start, sum(c.amount) AS amount FROM changes c GROUP BY c.start
      ), lines AS (
        SELECT s.start, (SELECT coalesce(sum(a.balance), 0) FROM ledger.accounts a WHERE a.book = $1)
                        - coalesce(sum(s.amount) OVER (ORDER BY s.start DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS amount
          FROM sums s
      )
      SELECT json_agg(json_build_object(''start'', ledger.epoch_ms(l.start), ''amount'', l.amount::text) ORDER BY l.start)
        FROM lines l WHERE l.start < ''infinity'' AND l.start >= date_trunc($4, $2 + interval ''1 ms'', ''UTC'')'
      INTO lines USING book, after, until, per, least(until, ledger.now()), ledger.apps_of(book);
  END IF;
  RETURN lines;
END $$;

-- Returns the version of the ledger's SQL in this database, and the oldest servers that it serves. A server has the version
-- in packages/ledger/src/database/version.ts. Every migration of the ledger raises the version. A migration that removes or
-- changes something that older servers use raises serves, too.
CREATE OR REPLACE FUNCTION ledger.version(OUT version integer, OUT serves integer) LANGUAGE sql IMMUTABLE AS $$
  SELECT 10, 1
$$;

REVOKE ALL ON FUNCTION ledger.version FROM PUBLIC;

-- Lets the role ledger_<app>, which must exist, read and post for that app alone, and use the tables of the app's own
-- schema. It revokes everything else that the role or PUBLIC was granted in schema ledger, so that each call has the
-- same result. npm start and npm run provision call it, and so does each migration if the role has rights.
CREATE OR REPLACE FUNCTION ledger.grant_app(app text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  app_role text := 'ledger_' || app;
  app_role_id regrole := quote_ident(app_role);
  app_schema regnamespace := to_regnamespace(quote_ident(app));
  taken text;
BEGIN
  PERFORM ledger.assert_app_name(app);
  FOR taken IN
    SELECT format('%s %s', CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.oid::regclass)
      FROM pg_class c
     WHERE c.relnamespace = 'ledger'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
       AND EXISTS (SELECT FROM aclexplode(c.relacl) a WHERE a.grantee IN (0, app_role_id))
    UNION ALL
    SELECT format('ROUTINE %s', p.oid::regprocedure)
      FROM pg_proc p
     WHERE p.pronamespace = 'ledger'::regnamespace
       AND EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee IN (0, app_role_id))
  LOOP
    EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, %I', taken, app_role);
  END LOOP;

  EXECUTE format('GRANT USAGE ON SCHEMA ledger TO %I', app_role);
  EXECUTE format('GRANT SELECT ON ledger.apps, ledger.accounts, ledger.entries, ledger.holds TO %I', app_role);
  -- These read with the rights of their caller, to whom row-level security shows the rows of its app alone.
  EXECUTE format('GRANT EXECUTE ON FUNCTION ledger.version, ledger.is_cluster, ledger.is_distributed, ledger.may_use, ledger.may_use_book, ledger.now, ledger.epoch_ms,
    ledger.entry_json, ledger.hold_json, ledger.balance_json, ledger.live_holds, ledger.held_at, ledger.last_seq, ledger.seq_at, ledger.entries_by_id,
    ledger.entries_by_transaction, ledger.entries_by_nonce, ledger.holds_by_id, ledger.live_holds_of, ledger.captures_of, ledger.summary TO %I', app_role);
  -- These read accounts of the app's books, with the rights of their owner: what other apps have in them counts, too.
  EXECUTE format('GRANT EXECUTE ON FUNCTION ledger.apps_of, ledger.balances, ledger.amounts_at, ledger.account_entries,
    ledger.accounts_page, ledger.lots_by_id, ledger.lots_page, ledger.live_lots, ledger.expiring, ledger.uses_of_entries,
    ledger.lot_uses_page, ledger.lot_summary, ledger.sorted_accounts, ledger.totals, ledger.expiring_within, ledger.outstanding TO %I', app_role);
  -- These read entries of the app alone, with the rights of their owner: row-level security asks for each row.
  EXECUTE format('GRANT EXECUTE ON FUNCTION ledger.open_postings, ledger.app_entries TO %I', app_role);
  -- These read and note the keys of the app alone, with the rights of their owner.
  EXECUTE format('GRANT EXECUTE ON FUNCTION ledger.find_keys, ledger.touch_keys, ledger.has_keys TO %I', app_role);
  -- This reads where the shards of a cluster are.
  EXECUTE format('GRANT EXECUTE ON FUNCTION ledger.shard_nodes TO %I', app_role);
  -- Those that post, with the rights of their owner, are copies of the app's own.
  IF EXISTS (SELECT FROM ledger.apps a WHERE a.app = $1) THEN
    PERFORM ledger.make_functions(app);
  END IF;

  IF app_schema IS NOT NULL THEN
    PERFORM ledger.grant_schema(app_schema, app_role);
  END IF;
END $$;

REVOKE ALL ON FUNCTION ledger.grant_app FROM PUBLIC;

-- Notes when an app was verified last, whether nothing was broken, and how many questions were asked.
CREATE OR REPLACE FUNCTION ledger.note_verify(app text, ok boolean, questions integer) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  noted CONSTANT json := json_build_object('on', ledger.epoch_ms(ledger.now()), 'ok', ok, 'questions', questions);
BEGIN
  UPDATE ledger.apps a SET last_verify = noted WHERE a.app = app;
END $$;

REVOKE ALL ON FUNCTION ledger.note_verify FROM PUBLIC;

-- The apps may call what is new.
SELECT ledger.grant_apps();
