-- Each balance is the sum of the account's entries, and the balance_after of its last entry.
SELECT format('account %s', to_json(coalesce(a.owner_id, e.owner_id))) AS broken,
       coalesce('balance ' || a.balance, 'no account') AS found,
       format('balance %s, the sum of its entries; the last one left %s', coalesce(e.sum, 0), coalesce(e.last, 0)) AS expected
  FROM (SELECT owner_id, balance FROM ledger.accounts WHERE book = $1) a
  FULL JOIN (
    SELECT owner_id, sum(amount) AS sum, (max(ARRAY[seq, balance_after]))[2] AS last
      FROM ledger.entries
     WHERE app = $1
     GROUP BY owner_id
  ) e ON e.owner_id = a.owner_id
 WHERE a.owner_id IS NULL
    OR a.balance <> coalesce(e.sum, 0)
    OR a.balance <> coalesce(e.last, 0)
 ORDER BY coalesce(a.owner_id, e.owner_id)
