-- API keys: who may send requests to an app's servers.

-- A key lets a service in, which has scopes, or an owner, who reads one account. What a caller sends names its id and its
-- secret; the secret's SHA-256 is all that is kept of it. A key is never removed: one that has ended was made all the same.
CREATE TABLE ledger.keys (
  app          text           NOT NULL,
  id           text           NOT NULL COLLATE "C",
  name         text           NOT NULL, -- for people and logs; several keys of an app may have the same
  scopes       text[]         NOT NULL,
  owner_id     text           COLLATE "C",
  hash         bytea          NOT NULL,
  created_on   timestamptz(3) NOT NULL DEFAULT date_trunc('milliseconds', ledger.now()),
  expires_on   timestamptz(3), -- null: never
  last_used_on timestamptz(3), -- to the minute
  revoked_on   timestamptz(3),
  CONSTRAINT keys_pkey PRIMARY KEY (app, id),
  CONSTRAINT keys_id CHECK (id ~ '^[0-9A-Za-z]{12}$'),
  CONSTRAINT keys_name CHECK (name ~ '^[^[:cntrl:]]{1,100}$'),
  CONSTRAINT keys_scopes CHECK (scopes <@ ARRAY['read', 'post', 'correct', 'admin']),
  CONSTRAINT keys_owner_id CHECK (char_length(owner_id) BETWEEN 1 AND 255),
  CONSTRAINT keys_kind CHECK ((owner_id IS NULL) = (cardinality(scopes) > 0)),
  CONSTRAINT keys_hash CHECK (octet_length(hash) = 32),
  CONSTRAINT keys_expires_on CHECK (expires_on > created_on)
);

-- No policy: whoever is not the owner reaches keys through the functions alone, whatever else is granted.
ALTER TABLE ledger.keys ENABLE ROW LEVEL SECURITY;

-- Functions, from prisma/functions.

-- Raises where this login is neither the database's owner nor for the app.
CREATE OR REPLACE FUNCTION ledger.assert_may_use(app text) RETURNS void LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT (pg_has_role(session_user, current_user, 'MEMBER') OR ledger.may_use(app)) THEN
    RAISE EXCEPTION 'permission denied for the keys of %', app USING ERRCODE = 'insufficient_privilege';
  END IF;
END $$;

REVOKE ALL ON FUNCTION ledger.assert_may_use FROM PUBLIC;

-- Keys by id, in any order, as a JSON array; null where there are none. Those that ended are among them.
CREATE OR REPLACE FUNCTION ledger.find_keys(app text, ids text[]) RETURNS json LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM ledger.assert_may_use(app);
  RETURN (
    SELECT json_agg(json_build_object(
             'id', k.id, 'name', k.name, 'scopes', k.scopes, 'ownerId', k.owner_id, 'hash', encode(k.hash, 'hex'),
             'isLive', k.revoked_on IS NULL AND coalesce(k.expires_on > ledger.now(), true)))
      FROM ledger.keys k WHERE k.app = $1 AND k.id = ANY ($2)
  );
END $$;

REVOKE ALL ON FUNCTION ledger.find_keys FROM PUBLIC;

-- Notes that keys are used now, to the minute. Waits for nobody: a key that someone changes at this moment is left out.
CREATE OR REPLACE FUNCTION ledger.touch_keys(app text, ids text[]) RETURNS void LANGUAGE plpgsql VOLATILE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  minute timestamptz := date_trunc('minute', ledger.now());
BEGIN
  PERFORM ledger.assert_may_use(app);
  UPDATE ledger.keys k SET last_used_on = minute
   WHERE k.app = $1 AND k.id IN (
     SELECT other.id FROM ledger.keys other
      WHERE other.app = $1 AND other.id = ANY ($2) AND coalesce(other.last_used_on < minute, true)
        FOR NO KEY UPDATE SKIP LOCKED
   );
END $$;

REVOKE ALL ON FUNCTION ledger.touch_keys FROM PUBLIC;

-- Whether a key of the app was ever made; one that has ended counts.
CREATE OR REPLACE FUNCTION ledger.has_keys(app text) RETURNS boolean LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM ledger.assert_may_use(app);
  RETURN EXISTS (SELECT FROM ledger.keys k WHERE k.app = $1);
END $$;

REVOKE ALL ON FUNCTION ledger.has_keys FROM PUBLIC;

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
  EXECUTE format('GRANT EXECUTE ON FUNCTION ledger.may_use, ledger.now, ledger.epoch_ms, ledger.entry_json, ledger.hold_json,
    ledger.balance_json, ledger.live_holds, ledger.held_at, ledger.seq_at, ledger.balances, ledger.amounts_at,
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
