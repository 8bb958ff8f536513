-- A transaction is reversed completely, by one transaction that does nothing else, or not at all.
(SELECT format('transaction %s', o.transaction_id) AS broken,
        format('%s of %s entries reversed, by %s transactions',
          count(DISTINCT r.reverses), count(DISTINCT o.id), count(DISTINCT r.transaction_id)) AS found,
        'all reversed by one transaction, or none' AS expected
   FROM ledger.entries o
   LEFT JOIN ledger.entries r ON r.app = $1 AND r.book = o.book AND r.owner_id = o.owner_id AND r.reverses = o.id
  WHERE o.app = $1
  GROUP BY o.transaction_id
 HAVING count(r.id) > 0
    AND (count(DISTINCT r.reverses) < count(DISTINCT o.id) OR count(DISTINCT r.transaction_id) > 1)
  ORDER BY o.transaction_id)
UNION ALL
(SELECT format('transaction %s', r.transaction_id),
        format('%s reversals among %s entries, of %s transactions', count(r.reverses), count(*), count(DISTINCT o.transaction_id)),
        'reversals of one transaction alone, or none'
   FROM ledger.entries r
   LEFT JOIN ledger.entries o ON o.app = $1 AND o.book = r.book AND o.owner_id = r.owner_id AND o.id = r.reverses
  WHERE r.app = $1
  GROUP BY r.transaction_id
 HAVING count(r.reverses) > 0
    AND (count(r.reverses) < count(*) OR count(DISTINCT o.transaction_id) > 1)
  ORDER BY r.transaction_id)
