-- Books. A book is a set of accounts in one unit. Every app has a book of its own name, and may make more. The app that
-- made a book may share it with others. Each operation has one book.

-- Makes another book for an app, in a migration of that app, before its operations name the book.
CREATE OR REPLACE FUNCTION ledger.make_book(app text, book text) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  maker text;
BEGIN
  IF book !~ '^[a-z][a-z0-9_]{0,39}$' OR book IN ('ledger', 'public', 'template') THEN
    RAISE EXCEPTION 'no book can be called %', book
      USING ERRCODE = 'invalid_parameter_value', HINT = 'A name is a to z, 0 to 9 and _, from a letter on, at most 40 long.';
  END IF;
  PERFORM ledger.assert_app_name(app);
  INSERT INTO ledger.books (book, app, apps) VALUES (book, app, ARRAY[app]) ON CONFLICT DO NOTHING;
  SELECT b.app INTO maker FROM ledger.books b WHERE b.book = book;
  IF maker <> app THEN
    RAISE EXCEPTION 'the app % has made the book % already', maker, book
      USING ERRCODE = 'unique_violation', HINT = format('Give the book another name. Or the app %s shares it with all apps that use it: SELECT ledger.share_book(%L, %L, ARRAY[…]) in a migration of that app.', maker, maker, book);
  END IF;
END $$;

REVOKE ALL ON FUNCTION ledger.make_book FROM PUBLIC;

-- Shares a book that an app made with these other apps, and with no others, in a migration of the app that made it. An app
-- whose operations have the book keeps it.
CREATE OR REPLACE FUNCTION ledger.share_book(app text, book text, apps text[]) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  user_app text;
BEGIN
  IF array_position(coalesce(apps, '{NULL}'), NULL) IS NOT NULL THEN
    RAISE EXCEPTION 'a book is shared with apps, not with NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  PERFORM FROM ledger.books b WHERE b.book = book AND b.app = app FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the app % has made no book %', app, book
      USING ERRCODE = 'invalid_parameter_value', HINT = 'The app that made a book shares it.';
  END IF;
  SELECT a.app INTO user_app FROM ledger.apps a
   WHERE a.app <> app AND a.app <> ALL (apps) AND book IN (SELECT value FROM jsonb_each_text(a.books)) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'the app % has operations with the book %', user_app, book
      USING ERRCODE = 'restrict_violation', HINT = 'Entries stay, so that an app which has used a book keeps it.';
  END IF;
  UPDATE ledger.books b SET apps = (SELECT array_agg(DISTINCT a ORDER BY a) FROM unnest(apps || app) a) WHERE b.book = book;
END $$;

REVOKE ALL ON FUNCTION ledger.share_book FROM PUBLIC;

-- Raises an error for a book that an app may not use.
CREATE OR REPLACE FUNCTION ledger.assert_books(app text, books text[]) RETURNS void LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
DECLARE
  book text;
BEGIN
  FOREACH book IN ARRAY books LOOP
    IF book IS DISTINCT FROM app AND NOT EXISTS (SELECT FROM ledger.books b WHERE b.book = book AND app = ANY (b.apps)) THEN
      RAISE EXCEPTION 'the app % may not use the book %', app, book USING ERRCODE = 'insufficient_privilege';
    END IF;
  END LOOP;
END $$;

-- Whether an app has made a book.
CREATE OR REPLACE FUNCTION ledger.has_made(app text, book text) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
BEGIN
  RETURN book = app OR EXISTS (SELECT FROM ledger.books b WHERE b.book = book AND b.app = app);
END $$;

-- Whether the session's user reads the rows of all apps: it owns the ledger, or row-level security does not apply to it. For
-- functions that run with the rights of their owner.
CREATE OR REPLACE FUNCTION ledger.reads_all() RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN pg_has_role(session_user, current_user, 'MEMBER')
      OR has_table_privilege(session_user, 'ledger.entries', 'SELECT')
         AND EXISTS (SELECT FROM pg_roles r WHERE r.rolname = session_user AND r.rolbypassrls);
END $$;

REVOKE ALL ON FUNCTION ledger.reads_all FROM PUBLIC;

-- Returns the apps that use a book, if the session's user is the role of one of them, or reads the rows of all. Otherwise none.
-- On a cluster a shard asks it for its rows, and Citus then lets it read the copy of the books on the same node.
CREATE OR REPLACE FUNCTION ledger.apps_of(book text) RETURNS text[] LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  IF ledger.is_cluster() THEN
    PERFORM set_config('citus.allow_nested_distributed_execution', 'on', true);
  END IF;
  RETURN coalesce((
    SELECT b.apps FROM ledger.books b
     WHERE b.book = book
       AND (EXISTS (SELECT FROM unnest(b.apps) app WHERE ledger.may_use(app)) OR ledger.reads_all())), '{}');
END $$;

-- Whether the session's user may read the accounts of a book. Its name alone says nothing: a book may have the name of
-- another database's app, whose role belongs to all databases of a server.
CREATE OR REPLACE FUNCTION ledger.may_use_book(book text) RETURNS boolean LANGUAGE sql STABLE
RETURN ledger.apps_of(book) <> '{}';
