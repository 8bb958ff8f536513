-- Functions, from prisma/functions.

-- The version of what the ledger has in this database, and the oldest servers that it serves: a server has the version of the
-- SQL that it came with (packages/ledger/src/database/version.ts). Every migration of the ledger raises the version. It raises
-- serves, too, where it takes away or changes what servers of before ask for.
CREATE OR REPLACE FUNCTION ledger.version(OUT version integer, OUT serves integer) LANGUAGE sql IMMUTABLE AS $$
  SELECT 2, 1
$$;

REVOKE ALL ON FUNCTION ledger.version FROM PUBLIC;

-- Lets the role ledger_<app>, which must exist, read and post in the name of that app, and of no other, and use the
-- tables of the app's own schema. What it or PUBLIC was granted in schema ledger beyond that is taken away, so that each
-- call leaves the same. Run by npm start and npm run provision, and after each migration where the role has rights.
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
  EXECUTE format('GRANT EXECUTE ON FUNCTION ledger.version, ledger.may_use, ledger.now, ledger.epoch_ms, ledger.entry_json,
    ledger.hold_json, ledger.balance_json, ledger.live_holds, ledger.held_at, ledger.seq_at, ledger.balances, ledger.amounts_at,
    ledger.entries_by_id, ledger.entries_by_transaction, ledger.entries_by_nonce, ledger.holds_by_id, ledger.live_holds_of,
    ledger.accounts_page, ledger.summary TO %I', app_role);
  -- These read and note the keys of the app alone, with the rights of their owner.
  EXECUTE format('GRANT EXECUTE ON FUNCTION ledger.find_keys, ledger.touch_keys, ledger.has_keys TO %I', app_role);
  -- Those that post, with the rights of their owner, are copies of the app's own.
  IF EXISTS (SELECT FROM ledger.apps a WHERE a.app = $1) THEN
    PERFORM ledger.make_functions(app);
  END IF;

  IF app_schema IS NOT NULL THEN
    PERFORM ledger.grant_schema(app_schema, app_role);
  END IF;
END $$;

REVOKE ALL ON FUNCTION ledger.grant_app FROM PUBLIC;
