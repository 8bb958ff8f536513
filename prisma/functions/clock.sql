-- The ledger's clock. Tests replace this function. No caller passes a time.
CREATE OR REPLACE FUNCTION ledger.now() RETURNS timestamptz LANGUAGE sql VOLATILE
RETURN clock_timestamp();
