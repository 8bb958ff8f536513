-- Each account's held is what the holds kept that were live when it was last written, and no live hold expires before
-- holds_expire_on.
SELECT format('account %s%s', to_json(owner_id), ' in ' || nullif(book, $1)) AS broken,
       format('held %s until %s', held, coalesce(holds_expire_on::text, 'a hold is made')) AS found,
       CASE
         WHEN held <> counted THEN format('held %s, what its open holds keep', counted)
         ELSE format('until %s or earlier, when its first live hold expires', first_expires_on)
       END AS expected
  FROM (
    SELECT a.book, a.owner_id, a.held, a.holds_expire_on,
           -- Holds that had expired before holds_expire_on are not in the sum.
           coalesce(sum(h.amount - h.captured) FILTER (WHERE h.expires_on >= a.holds_expire_on), 0) AS counted,
           min(h.expires_on) FILTER (WHERE h.expires_on > greatest(clock.now, a.updated_on)) AS first_expires_on
      FROM ledger.accounts a
     CROSS JOIN (SELECT ledger.now() AS now) clock
      LEFT JOIN ledger.holds h ON h.book = a.book AND h.owner_id = a.owner_id AND h.released_on IS NULL
     WHERE a.book = ANY ($2)
     GROUP BY a.book, a.owner_id, a.held, a.holds_expire_on
  ) a
 WHERE held <> counted
    OR first_expires_on < coalesce(holds_expire_on, 'infinity')
 ORDER BY book, owner_id
