-- Functions whose names end in _template read or write the entries of one app. Each app has its own copies, which name its
-- partition: a statement that is planned for any app would lock the partitions of all, and one that is planned anew each
-- time costs more than what it does.

-- Makes an app's copies of the templates, and lets the app's role call those that post, where it has rights in this
-- database: roles belong to all databases of a server. Run by ledger.set_operations, and by every migration that changes a
-- template.
CREATE OR REPLACE FUNCTION ledger.make_functions(app text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  app_role regrole := to_regrole(quote_ident('ledger_' || app));
  template record;
  copy regprocedure;
BEGIN
  FOR template IN
    SELECT p.oid, regexp_replace(p.proname, '_template$', '_' || app) AS name, p.proname ~ '^(post|append|try)_' AS is_entry,
           pg_get_function_identity_arguments(p.oid) AS arguments
      FROM pg_proc p
     WHERE p.pronamespace = 'ledger'::regnamespace AND p.proname ~ '_template$'
     ORDER BY p.oid
  LOOP
    FOR copy IN
      SELECT p.oid FROM pg_proc p
       WHERE p.pronamespace = 'ledger'::regnamespace AND p.proname = template.name
         AND (pg_get_function_identity_arguments(p.oid) <> template.arguments OR pg_get_function_result(p.oid) <> pg_get_function_result(template.oid))
    LOOP
      EXECUTE format('DROP FUNCTION %s', copy);
    END LOOP;
    EXECUTE replace(regexp_replace(pg_get_functiondef(template.oid), '\mledger\.(\w+)_template\M', 'ledger.\1_' || app, 'g'),
      quote_literal('template'), quote_literal(app));
    EXECUTE format('REVOKE ALL ON FUNCTION ledger.%I FROM PUBLIC', template.name);
    IF template.is_entry AND has_schema_privilege(app_role, 'ledger', 'USAGE') THEN
      EXECUTE format('GRANT EXECUTE ON FUNCTION ledger.%I TO %s', template.name, app_role);
    END IF;
  END LOOP;
END $$;

REVOKE ALL ON FUNCTION ledger.make_functions FROM PUBLIC;
