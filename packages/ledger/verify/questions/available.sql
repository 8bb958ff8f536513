-- No account has spent or held more than it had: balance - held + overdraft is at least 0, with its live holds.
SELECT format('account %s%s', to_json(owner_id), ' in ' || nullif(book, $1)) AS broken,
       format('%s available: balance %s - held %s + overdraft %s', balance - held_now + overdraft, balance, held_now, overdraft) AS found,
       'at least 0 available' AS expected
  FROM (
    SELECT a.*, (
        SELECT coalesce(sum(h.amount - h.captured), 0)
          FROM ledger.holds h
         WHERE h.book = a.book AND h.owner_id = a.owner_id
           AND h.released_on IS NULL AND h.expires_on > greatest(clock.now, a.updated_on)
      ) AS held_now
      FROM ledger.accounts a, (SELECT ledger.now() AS now) clock
     WHERE a.book = ANY ($2)
  ) a
 WHERE balance - held_now + overdraft < 0
    OR overdraft < 0
 ORDER BY book, owner_id
