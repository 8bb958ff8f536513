-- A function whose name ends in _template reads or writes the entries of one app. Each app has its own copies, which
-- name its partition. A statement that is planned for any app would lock the partitions of all apps. Planning it anew
-- at each call costs more than running it.

-- Refuses a name that no app can have. An app's name is a part of the names of its schema, its partition and its copies
-- of the templates. make_functions records whose copy each function is, so that no other function is taken for one.
CREATE OR REPLACE FUNCTION ledger.assert_app_name(app text) RETURNS void LANGUAGE plpgsql STABLE AS $$
DECLARE
  templates text[] := ARRAY(SELECT regexp_replace(p.proname, '_template$', '') FROM pg_proc p
    WHERE p.pronamespace = 'ledger'::regnamespace AND p.proname ~ '_template$');
  reason text;
BEGIN
  IF app IN ('ledger', 'public', 'information_schema') OR app ~ '^pg_' THEN
    reason := format('the schema %I is not for an app', app);
  ELSIF app ~ '^(.*_)?template$' THEN
    reason := 'its functions would be templates of those of all apps';
  ELSE
    -- judge_correction_games is the copy of judge_correction for games, and would be the one of judge for correction_games.
    SELECT format('its function ledger.%s_%s could be that of another app', short, app) INTO reason
      FROM unnest(templates) short, unnest(templates) long
     WHERE starts_with(long, short || '_') AND starts_with(short || '_' || app, long || '_');
    IF reason IS NULL THEN
      SELECT format('there is another function ledger.%s', p.proname) INTO reason
        FROM unnest(templates) template
        JOIN pg_proc p ON p.pronamespace = 'ledger'::regnamespace AND p.proname = template || '_' || app
       WHERE obj_description(p.oid, 'pg_proc') IS DISTINCT FROM 'A copy for the app ' || app;
    END IF;
  END IF;
  IF reason IS NOT NULL THEN
    RAISE EXCEPTION 'no app can be called %: %', app, reason
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the app another name.';
  END IF;
END $$;

REVOKE ALL ON FUNCTION ledger.assert_app_name FROM PUBLIC;

-- Drops the copies of an older template, which have other arguments or another result than this one.
CREATE OR REPLACE FUNCTION ledger.drop_others(name text, template oid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  copy regprocedure;
BEGIN
  FOR copy IN
    SELECT p.oid FROM pg_proc p
     WHERE p.pronamespace = 'ledger'::regnamespace AND p.proname = name
       AND (pg_get_function_identity_arguments(p.oid) <> pg_get_function_identity_arguments(template)
            OR pg_get_function_result(p.oid) <> pg_get_function_result(template))
  LOOP
    EXECUTE format('DROP FUNCTION %s', copy);
  END LOOP;
END $$;

REVOKE ALL ON FUNCTION ledger.drop_others FROM PUBLIC;

-- Makes an app's copies of the templates. Lets the app's role call the copies that post, if the role has rights in this
-- database: roles belong to all databases of a server. ledger.set_operations runs it, and so does every migration that
-- changes a template. A copy has `true` or `false` in place of ledger.is_cluster(), so that one PostgreSQL does not ask
-- in every call. On a cluster it has custom plans, because a generic one cannot tell which shard it is for, and writes moments
-- as other nodes read them, whatever the session's setting is.
CREATE OR REPLACE FUNCTION ledger.make_functions(app text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  app_role regrole := to_regrole(quote_ident('ledger_' || app));
  template record;
  is_cluster CONSTANT boolean := ledger.is_cluster();
  settings   CONSTANT text := CASE WHEN is_cluster THEN '''force_custom_plan'' SET datestyle TO ''ISO''' ELSE '''force_generic_plan''' END;
  definition text;
BEGIN
  PERFORM ledger.assert_app_name(app);
  FOR template IN
    SELECT p.oid, regexp_replace(p.proname, '_template$', '_' || app) AS name, p.proname ~ '^(post|append|try)_' AS is_entry
      FROM pg_proc p
     WHERE p.pronamespace = 'ledger'::regnamespace AND p.proname ~ '_template$'
     ORDER BY p.oid
  LOOP
    PERFORM ledger.drop_others(template.name, template.oid);
    definition := regexp_replace(pg_get_functiondef(template.oid), '\mledger\.(\w+)_template\M', 'ledger.\1_' || app, 'g');
    definition := replace(definition, quote_literal('template'), quote_literal(app));
    definition := replace(definition, 'ledger.is_cluster()', is_cluster::text);
    definition := replace(definition, 'ledger.is_shard()', 'false');
    EXECUTE replace(definition, quote_literal('force_generic_plan'), settings);
    EXECUTE format('COMMENT ON FUNCTION ledger.%I IS %L', template.name, 'A copy for the app ' || app);
    EXECUTE format('REVOKE ALL ON FUNCTION ledger.%I FROM PUBLIC', template.name);
    IF template.is_entry AND has_schema_privilege(app_role, 'ledger', 'USAGE') THEN
      EXECUTE format('GRANT EXECUTE ON FUNCTION ledger.%I TO %s', template.name, app_role);
    END IF;
  END LOOP;
  IF ledger.is_distributed() THEN
    PERFORM ledger.distribute_functions(app), ledger.make_shard_functions(app);
  END IF;
END $$;

REVOKE ALL ON FUNCTION ledger.make_functions FROM PUBLIC;
