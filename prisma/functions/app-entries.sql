-- The entries of a whole app, in the order of their ids. Transactions take ids in that order and commit in another one, so
-- that an entry may appear below others that were read. A reader therefore stops at a horizon: an id up to which nothing can
-- appear any more. A posting locks accounts before it takes ids, and its lock on the table of accounts lasts until
-- everybody sees what it did. So ids up to some entry are decided when no transaction is left that had this lock while the
-- entry was there. Transactions that only read, that write other tables, and those of other databases do not count.

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
