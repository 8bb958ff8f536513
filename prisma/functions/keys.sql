-- API keys. Only the database's owner makes, changes and revokes them. An app's role reads the keys of its own app
-- through these functions.

-- Raises an error when this login is neither the database's owner nor the app's.
CREATE OR REPLACE FUNCTION ledger.assert_may_use(app text) RETURNS void LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT (pg_has_role(session_user, current_user, 'MEMBER') OR ledger.may_use(app)) THEN
    RAISE EXCEPTION 'permission denied for the keys of %', app USING ERRCODE = 'insufficient_privilege';
  END IF;
END $$;

REVOKE ALL ON FUNCTION ledger.assert_may_use FROM PUBLIC;

-- Returns keys by id, in any order, as a JSON array, or null when there are none. Ended keys are included.
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

-- Notes that keys are used now, to the minute. It waits for nobody: a key that somebody changes at this moment is left
-- out. On a cluster, where each change locks the whole table, all are left out meanwhile.
CREATE OR REPLACE FUNCTION ledger.touch_keys(app text, ids text[]) RETURNS void LANGUAGE plpgsql VOLATILE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  minute timestamptz := date_trunc('minute', ledger.now());
BEGIN
  PERFORM ledger.assert_may_use(app);
  IF ledger.is_cluster() THEN
    PERFORM ledger.limit_waits(50);
  END IF;
  UPDATE ledger.keys k SET last_used_on = minute
   WHERE k.app = $1 AND k.id IN (
     SELECT other.id FROM ledger.keys other
      WHERE other.app = $1 AND other.id = ANY ($2) AND coalesce(other.last_used_on < minute, true)
        FOR NO KEY UPDATE SKIP LOCKED
   );
EXCEPTION WHEN lock_not_available THEN
  NULL;
END $$;

REVOKE ALL ON FUNCTION ledger.touch_keys FROM PUBLIC;

-- Whether a key of the app was ever made, even if it has ended.
CREATE OR REPLACE FUNCTION ledger.has_keys(app text) RETURNS boolean LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM ledger.assert_may_use(app);
  RETURN EXISTS (SELECT FROM ledger.keys k WHERE k.app = $1);
END $$;

REVOKE ALL ON FUNCTION ledger.has_keys FROM PUBLIC;
