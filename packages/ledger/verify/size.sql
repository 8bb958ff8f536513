-- How much there is to verify of the app $1: the accounts of its books $2, its entries and its holds.
SELECT $1 AS app,
       (SELECT count(*) FROM ledger.accounts WHERE book = ANY ($2))::float8 AS accounts,
       (SELECT count(*) FROM ledger.entries WHERE app = $1)::float8 AS entries,
       (SELECT count(*) FROM ledger.holds WHERE app = $1)::float8 AS holds
