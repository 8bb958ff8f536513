-- The trial balance adds up: the entries of all operations sum up to the balances of all accounts.
SELECT format('trial balance of %s', book) AS broken,
       format('balances of %s', balances) AS found,
       format('balances of %s: %s', moved, coalesce(operations, 'no entries')) AS expected
  FROM (
    -- Sums are taken account by account, because the shards of a cluster are read at different moments.
    SELECT book, coalesce(sum(a.balance), 0) AS balances, coalesce(sum(e.moved), 0) AS moved
      FROM (SELECT book, owner_id, balance FROM ledger.accounts WHERE book = ANY ($2)) a
      FULL JOIN (
        SELECT book, owner_id, sum(amount) AS moved FROM ledger.entries WHERE app = ANY ($3) AND book = ANY ($2) GROUP BY book, owner_id
      ) e USING (book, owner_id)
     GROUP BY book
  ) totals LEFT JOIN (
    -- The operations of other apps are named with the app.
    SELECT book, string_agg(format('%s%s %s', nullif(app, $1) || ' ', operation, total), ', ' ORDER BY app <> $1, app, operation) AS operations
      FROM (
        SELECT book, app, operation, sum(amount) AS total FROM ledger.entries WHERE app = ANY ($3) AND book = ANY ($2) GROUP BY book, app, operation
      ) per_operation
     GROUP BY book
  ) entries USING (book)
 WHERE balances <> moved
 ORDER BY book
