-- Returns the operations that every app must have.
CREATE OR REPLACE FUNCTION ledger.shared_operations() RETURNS text[] LANGUAGE sql IMMUTABLE
RETURN ARRAY['DAILY_REWARD', 'SIGNUP_CREDIT', 'CREDIT_SPEND', 'CREDIT_ADD'];

-- Returns the operations that an app with lots has. They have every book of the app.
CREATE OR REPLACE FUNCTION ledger.lot_operations() RETURNS text[] LANGUAGE sql IMMUTABLE
RETURN ARRAY['CREDIT_EXPIRED', 'CREDIT_VOIDED'];

-- Returns the operations that the app no longer posts. It is read under the partition's lock, like the CHECK:
-- ledger.set_operations waits for postings that still know the old list.
CREATE OR REPLACE FUNCTION ledger.retired_operations(app text) RETURNS text[] LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT a.retired FROM ledger.apps a WHERE a.app = $1);
END $$;

-- Raises an error for an undeclared operation of a hold. Entries have a CHECK on their operations, but holds are in one
-- table for all apps. The look-up of nonces has taken the partition's lock, so ledger.set_operations waits until the
-- hold is visible.
CREATE OR REPLACE FUNCTION ledger.assert_declared(app text, book text, operation text) RETURNS void LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
BEGIN
  IF NOT EXISTS (SELECT FROM ledger.apps a WHERE a.app = app AND operation = ANY (a.operations) AND coalesce(a.books ->> operation, app) = book) THEN
    RAISE EXCEPTION 'the app % does not declare the operation % in the book %', app, operation, book USING ERRCODE = 'check_violation';
  END IF;
END $$;

-- Declares all operations of an app, which of them are retired, and the book of each that does not have the app's own, in
-- a migration of that app. The first call makes the app's partition. It refuses a name that no app can have, a list that
-- lacks or retires a shared operation or gives it another book, a book that the app may not use, and a list that drops an
-- operation of existing entries or holds or gives it another book. It locks only the app's own partition: ATTACH lets every
-- other app go on posting.
CREATE OR REPLACE FUNCTION ledger.set_operations(
  app text, operations text[], retired text[] DEFAULT '{}', books jsonb DEFAULT '{}'
) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '10s' AS $$
#variable_conflict use_column
DECLARE
  declared ALIAS FOR $2;
  retiring ALIAS FOR $3;
  books_of ALIAS FOR $4;
  partition_name text := 'entries_' || $1;
  check_name text := partition_name || '_operations';
  before text[];
  faulty text[];
  dropped text;
  declared_once text[];
  used text[];
  books_before jsonb;
  is_moved boolean;
  condition text;
  now timestamptz;
BEGIN
  PERFORM ledger.assert_app_name($1);

  SELECT array_agg(o) INTO faulty FROM unnest(declared) o
   WHERE o IS NULL OR o !~ '^[A-Z][A-Z0-9_]{0,62}$';
  IF declared IS NULL OR faulty IS NOT NULL THEN
    RAISE EXCEPTION 'not operation names: %', array_to_string(faulty, ', ', 'NULL')
      USING ERRCODE = 'invalid_parameter_value', HINT = 'A name is A to Z, 0 to 9 and _, from a letter on, at most 63 long.';
  END IF;

  SELECT array_agg(o) INTO faulty FROM unnest(ledger.shared_operations()) o WHERE o <> ALL (declared);
  IF faulty IS NOT NULL THEN
    RAISE EXCEPTION 'app % leaves out shared operations: %', $1, array_to_string(faulty, ', ')
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Every app has all of ledger.shared_operations() and adds its own.';
  END IF;

  SELECT array_agg(o) INTO faulty FROM unnest(retiring) o WHERE (o = ANY (declared)) IS NOT TRUE;
  IF retiring IS NULL OR faulty IS NOT NULL THEN
    RAISE EXCEPTION 'app % retires what it does not declare: %', $1, array_to_string(faulty, ', ', 'NULL')
      USING ERRCODE = 'invalid_parameter_value', HINT = 'A retired operation stays in the list of operations.';
  END IF;

  SELECT array_agg(o) INTO faulty FROM unnest(ledger.shared_operations()) o WHERE o = ANY (retiring);
  IF faulty IS NOT NULL THEN
    RAISE EXCEPTION 'app % retires shared operations: %', $1, array_to_string(faulty, ', ')
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Every app posts all of ledger.shared_operations(); it may make a range narrower.';
  END IF;

  SELECT array_agg(o) INTO faulty FROM jsonb_object_keys(books_of) o WHERE o <> ALL (declared) OR o = ANY (ledger.shared_operations());
  IF faulty IS NOT NULL THEN
    RAISE EXCEPTION 'app % gives a book to what it does not declare or shares: %', $1, array_to_string(faulty, ', ')
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Shared operations have the book of the app''s name. Others may have another.';
  END IF;

  INSERT INTO ledger.apps (app, operations) VALUES ($1, '{}') ON CONFLICT DO NOTHING;
  SELECT a.operations, a.books INTO before, books_before FROM ledger.apps a WHERE a.app = $1 FOR UPDATE;
  INSERT INTO ledger.books (book, app, apps) VALUES ($1, $1, ARRAY[$1]) ON CONFLICT DO NOTHING;
  IF NOT EXISTS (SELECT FROM ledger.books b WHERE b.book = $1 AND b.app = $1) THEN
    RAISE EXCEPTION 'no app can be called %: another app has made a book of that name', $1
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the app another name.';
  END IF;

  used := ARRAY(SELECT DISTINCT value FROM jsonb_each_text(books_of) ORDER BY value);
  PERFORM FROM ledger.books b WHERE b.book = ANY (used) FOR SHARE; -- ledger.share_book waits, and then sees the operations
  SELECT array_agg(u) INTO faulty FROM unnest(used) u
   WHERE NOT EXISTS (SELECT FROM ledger.books b WHERE b.book = u AND $1 = ANY (b.apps));
  IF faulty IS NOT NULL THEN
    RAISE EXCEPTION 'app % may not use these books: %', $1, array_to_string(faulty, ', ')
      USING ERRCODE = 'invalid_parameter_value',
            HINT = 'A book of its own: SELECT ledger.make_book(app, book) before. Another app''s: SELECT ledger.share_book(app, book, apps) in a migration of that app.';
  END IF;

  IF to_regclass(format('ledger.%I', partition_name)) IS NULL THEN
    EXECUTE format('CREATE TABLE ledger.%I (LIKE ledger.entries INCLUDING ALL, CHECK (app = %L),
      PRIMARY KEY (book, owner_id, seq), UNIQUE (book, owner_id, nonce, place))', partition_name, $1);
    EXECUTE format('CREATE UNIQUE INDEX ON ledger.%I (owner_id, reverses) WHERE reverses IS NOT NULL', partition_name);
    EXECUTE format('CREATE INDEX ON ledger.%I (owner_id, hold_id, seq) WHERE hold_id IS NOT NULL', partition_name);
    EXECUTE format('CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON ledger.%I
      FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change()', partition_name);
    EXECUTE format('ALTER TABLE ledger.entries ATTACH PARTITION ledger.%I FOR VALUES IN (%L)', partition_name, $1);
    EXECUTE format('ALTER TABLE ledger.%I DROP CONSTRAINT %I', partition_name, partition_name || '_app_check');
    PERFORM ledger.make_functions($1);
  ELSE
    EXECUTE format('ALTER TABLE ledger.%I DROP CONSTRAINT %I', partition_name, check_name);
  END IF;

  -- NOT VALID: entries of the past passed the check before, so that a long table need not be read again.
  SELECT string_agg(format('book = %L AND operation = ANY (%L::text[])', b.book, b.operations), ' OR ' ORDER BY b.book <> $1, b.book)
    INTO condition
    FROM (SELECT coalesce(books_of ->> o.operation, $1) AS book,
                 array_agg(o.operation ORDER BY o.place) || CASE WHEN 'CREDIT_EXPIRED' = ANY (declared) THEN ledger.lot_operations() END AS operations
            FROM unnest(declared) WITH ORDINALITY o (operation, place) GROUP BY 1) b;
  EXECUTE format('ALTER TABLE ledger.%I ADD CONSTRAINT %I CHECK (%s) NOT VALID', partition_name, check_name, condition);

  FOREACH dropped IN ARRAY before LOOP
    is_moved := dropped = ANY (declared) AND coalesce(books_before ->> dropped, $1) <> coalesce(books_of ->> dropped, $1);
    CONTINUE WHEN dropped = ANY (declared) AND NOT is_moved;
    PERFORM 1 FROM ledger.entries e WHERE e.app = $1 AND e.operation = dropped LIMIT 1;
    IF NOT FOUND THEN
      PERFORM 1 FROM ledger.holds h WHERE h.app = $1 AND h.operation = dropped LIMIT 1;
    END IF;
    IF NOT FOUND AND dropped = ANY (ledger.lot_operations()) THEN
      PERFORM 1 FROM ledger.lots l WHERE l.app = $1 LIMIT 1;
    END IF;
    IF FOUND AND is_moved THEN
      RAISE EXCEPTION 'app % has entries or holds of %, which gets another book', $1, dropped
        USING ERRCODE = 'restrict_violation', HINT = 'Retire it, and declare another operation with the other book.';
    ELSIF FOUND THEN
      faulty := array_append(faulty, dropped);
    END IF;
  END LOOP;
  IF faulty IS NOT NULL THEN
    RAISE EXCEPTION 'app % has entries, holds or lots of the operations that the list drops: %', $1, array_to_string(faulty, ', ')
      USING ERRCODE = 'restrict_violation', HINT = 'An operation that was used stays declared. To stop its postings, retire it: retired: true in operations.ts.';
  END IF;

  declared_once := (SELECT array_agg(o ORDER BY first) FROM (SELECT o, min(i) first FROM unnest(declared) WITH ORDINALITY d (o, i) GROUP BY o) distinct_operations);
  now := date_trunc('milliseconds', ledger.now());
  UPDATE ledger.apps a SET retired = retiring, operations = declared_once, books = books_of, updated_on = now WHERE a.app = $1;
END $$;

REVOKE ALL ON FUNCTION ledger.set_operations FROM PUBLIC;
