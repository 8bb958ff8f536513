-- The lots of an account add up to its balance, and to what it owes, which is at most its overdraft.
SELECT format('account %s%s', to_json(a.owner_id), ' in ' || nullif(a.book, $1)) AS broken,
       format('lots of %s, balance %s', l.rest, a.balance) AS found,
       format('lots of %s to %s, as the overdraft is %s', a.balance, a.balance + a.overdraft, a.overdraft) AS expected
  FROM ledger.accounts a
  JOIN (
    SELECT book, owner_id, sum(rest) AS rest FROM ledger.lots WHERE book = ANY ($2) GROUP BY book, owner_id
  ) l ON l.book = a.book AND l.owner_id = a.owner_id
 WHERE a.book = ANY ($2)
   AND l.rest - a.balance NOT BETWEEN 0 AND a.overdraft
 ORDER BY a.book, a.owner_id
