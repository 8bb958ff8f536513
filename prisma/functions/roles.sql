-- Who may touch what: the owner of the tables everything. Any other database role reads the rows of the app that it is
-- for, by being or having the role ledger_<app>, and posts in the name of that app, through the functions that post.
CREATE OR REPLACE FUNCTION ledger.may_use(app text) RETURNS boolean LANGUAGE sql STABLE
RETURN coalesce(pg_has_role(session_user, to_regrole(quote_ident('ledger_' || app)), 'MEMBER'), false);

-- Whether the database role may post in the app's name.
CREATE OR REPLACE FUNCTION ledger.assert_may_post(app text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF NOT (pg_has_role(session_user, current_user, 'MEMBER') OR ledger.may_use(app)) THEN
    RAISE EXCEPTION 'the role % may not post for the app %', session_user, app
      USING ERRCODE = 'insufficient_privilege', HINT = format('GRANT %I TO %I', 'ledger_' || app, session_user);
  END IF;
END $$;

-- Lets the role ledger_<app>, which must exist, read and post in the name of that app, and of no other.
CREATE OR REPLACE FUNCTION ledger.grant_app(app text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  app_role text := 'ledger_' || app;
BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA ledger TO %I', app_role);
  EXECUTE format('GRANT SELECT ON ledger.apps, ledger.accounts, ledger.entries, ledger.holds TO %I', app_role);
  EXECUTE format('GRANT EXECUTE ON FUNCTION ledger.post, ledger.hold, ledger.release_hold, ledger.set_overdraft TO %I', app_role);
END $$;

REVOKE ALL ON FUNCTION ledger.grant_app FROM PUBLIC;
