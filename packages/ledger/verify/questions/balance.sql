-- Each balance is the sum of the account's entries, and the balance_after of its last entry.
SELECT format('account %s%s', to_json(owner_id), ' in ' || nullif(book, $1)) AS broken,
       coalesce('balance ' || a.balance, 'no account') AS found,
       format('balance %s, the sum of its entries; the last one left %s', coalesce(e.sum, 0), coalesce(e.last, 0)) AS expected
  FROM (SELECT book, owner_id, balance FROM ledger.accounts WHERE book = ANY ($2)) a
  FULL JOIN (
    SELECT book, owner_id, sum(amount) AS sum, (max(ARRAY[seq, balance_after]))[2] AS last
      FROM ledger.entries
     WHERE app = ANY ($3) AND book = ANY ($2)
     GROUP BY book, owner_id
  ) e USING (book, owner_id)
 WHERE a.balance IS NULL
    OR a.balance <> coalesce(e.sum, 0)
    OR a.balance <> coalesce(e.last, 0)
 ORDER BY book, owner_id
