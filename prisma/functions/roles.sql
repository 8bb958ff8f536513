-- Whether the current user may use an app's rows. The owner of the tables may use everything. Any other database role
-- reads the rows of the app whose role, ledger_<app>, it is or has, and posts for that app through the functions that
-- post.
CREATE OR REPLACE FUNCTION ledger.may_use(app text) RETURNS boolean LANGUAGE sql STABLE
RETURN coalesce(pg_has_role(session_user, to_regrole(quote_ident('ledger_' || app)), 'MEMBER'), false);

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

-- Lets a role use the objects of an app's own schema, and those that the schema's owner adds. The history of its
-- migrations stays closed.
CREATE OR REPLACE FUNCTION ledger.grant_schema(app_schema regnamespace, app_role text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  history regclass := to_regclass(format('%s._prisma_migrations', app_schema));
BEGIN
  EXECUTE format('REVOKE ALL ON SCHEMA %s FROM %I', app_schema, app_role);
  EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %s FROM %I', app_schema, app_role);
  EXECUTE format('GRANT USAGE ON SCHEMA %s TO %I', app_schema, app_role);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %s TO %I', app_schema, app_role);
  EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %s TO %I', app_schema, app_role);
  EXECUTE format('GRANT EXECUTE ON ALL ROUTINES IN SCHEMA %s TO %I', app_schema, app_role);
  IF history IS NOT NULL THEN
    EXECUTE format('REVOKE ALL ON %s FROM %I', history, app_role);
  END IF;
  EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %s GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I', app_schema, app_role);
  EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %s GRANT USAGE ON SEQUENCES TO %I', app_schema, app_role);
  EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %s GRANT EXECUTE ON ROUTINES TO %I', app_schema, app_role);
END $$;

REVOKE ALL ON FUNCTION ledger.grant_schema FROM PUBLIC;

-- Repeats the grants of the apps' roles that have rights in this database. It is for migrations, which may have made
-- new objects.
CREATE OR REPLACE FUNCTION ledger.grant_apps() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM ledger.grant_app(a.app)
     FROM ledger.apps a JOIN pg_roles r ON r.rolname = 'ledger_' || a.app
    WHERE r.oid IN (SELECT g.grantee FROM pg_namespace n, aclexplode(n.nspacl) g WHERE n.nspname = 'ledger');
END $$;

REVOKE ALL ON FUNCTION ledger.grant_apps FROM PUBLIC;
