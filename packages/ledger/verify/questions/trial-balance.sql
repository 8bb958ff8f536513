-- The trial balance adds up: the entries of all operations sum up to the balances of all accounts.
SELECT format('trial balance of %s', $1::text) AS broken,
       format('balances of %s', balances) AS found,
       format('balances of %s: %s', moved, coalesce(operations, 'no entries')) AS expected
  FROM (
    -- Sums are taken owner by owner, because the shards of a cluster are read at different moments.
    SELECT coalesce(sum(a.balance), 0) AS balances, coalesce(sum(e.moved), 0) AS moved
      FROM (SELECT owner_id, balance FROM ledger.accounts WHERE book = $1) a
      FULL JOIN (SELECT owner_id, sum(amount) AS moved FROM ledger.entries WHERE app = $1 GROUP BY owner_id) e
        ON e.owner_id = a.owner_id
  ) totals,
  (
    SELECT string_agg(format('%s %s', operation, total), ', ' ORDER BY operation) AS operations
      FROM (SELECT operation, sum(amount) AS total FROM ledger.entries WHERE app = $1 GROUP BY operation) per_operation
  ) entries
 WHERE balances <> moved
