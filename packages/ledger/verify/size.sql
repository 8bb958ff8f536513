-- How much there is to verify in an app.
SELECT $1 AS app,
       (SELECT count(*) FROM ledger.accounts WHERE book = $1)::float8 AS accounts,
       (SELECT count(*) FROM ledger.entries WHERE app = $1)::float8 AS entries,
       (SELECT count(*) FROM ledger.holds WHERE app = $1)::float8 AS holds
