-- Each account knows whether it has lots: then lots_expire_on is not later than the first of those with credits left expires.
SELECT format('account %s%s', to_json(owner_id), ' in ' || nullif(book, $1)) AS broken,
       CASE WHEN is_there THEN format('lots_expire_on %s', coalesce(lots_expire_on::text, 'none')) ELSE 'no account' END AS found,
       CASE
         WHEN number IS NULL THEN 'lots_expire_on none, as it has no lots'
         WHEN is_there IS NULL THEN format('an account of the owner of %s lots', number)
         WHEN first_expires_on IS NULL THEN format('lots_expire_on infinity or earlier, as it has %s lots', number)
         ELSE format('lots_expire_on %s or earlier, when the first of its lots expires', first_expires_on)
       END AS expected
  FROM (SELECT book, owner_id, lots_expire_on, true AS is_there FROM ledger.accounts WHERE book = ANY ($2)) a
  FULL JOIN (
    SELECT book, owner_id, count(*) AS number, min(expires_on) FILTER (WHERE rest > 0) AS first_expires_on
      FROM ledger.lots
     WHERE book = ANY ($2)
     GROUP BY book, owner_id
  ) l USING (book, owner_id)
 WHERE (lots_expire_on IS NULL) <> (number IS NULL)
    OR lots_expire_on > first_expires_on
    OR is_there IS NULL
 ORDER BY book, owner_id
