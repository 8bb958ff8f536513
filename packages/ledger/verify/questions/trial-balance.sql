-- The trial balance adds up: what all operations moved is what all accounts have.
SELECT format('trial balance of %s', $1::text) AS broken,
       format('balances of %s', accounts.total) AS found,
       format('balances of %s: %s', coalesce(entries.total, 0), coalesce(entries.operations, 'no entries')) AS expected
  FROM (
    SELECT sum(total) AS total, string_agg(format('%s %s', operation, total), ', ' ORDER BY operation) AS operations
      FROM (SELECT operation, sum(amount) AS total FROM ledger.entries WHERE app = $1 GROUP BY operation) per_operation
  ) entries,
  (SELECT coalesce(sum(balance), 0) AS total FROM ledger.accounts WHERE app = $1) accounts
 WHERE accounts.total <> coalesce(entries.total, 0)
