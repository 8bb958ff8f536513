-- Splits the owners of the books $1 into ranges of about $2 entries and accounts: the first owner of each range but the first.
SELECT min(owner_id) AS owner
  FROM (
    SELECT owner_id, div(sum(seq + 1) OVER (ORDER BY owner_id), $2) AS part FROM ledger.accounts WHERE book = ANY ($1)
  ) a
 GROUP BY part
 ORDER BY part
OFFSET 1
