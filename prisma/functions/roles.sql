-- Who may touch what: the owner of the tables everything. Any other database role reads the rows of the app that it is
-- for, by being or having the role ledger_<app>, and posts in the name of that app, through the functions that post.
CREATE OR REPLACE FUNCTION ledger.may_use(app text) RETURNS boolean LANGUAGE sql STABLE
RETURN coalesce(pg_has_role(session_user, to_regrole(quote_ident('ledger_' || app)), 'MEMBER'), false);

-- Lets the role ledger_<app>, which must exist, read and post in the name of that app, and of no other.
CREATE OR REPLACE FUNCTION ledger.grant_app(app text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  app_role text := 'ledger_' || app;
BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA ledger TO %I', app_role);
  EXECUTE format('GRANT SELECT ON ledger.apps, ledger.accounts, ledger.entries, ledger.holds TO %I', app_role);
  PERFORM ledger.make_functions(app);
END $$;

REVOKE ALL ON FUNCTION ledger.grant_app FROM PUBLIC;
