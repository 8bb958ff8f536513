-- What a hold reserves of lots is at most what it keeps, and of lots of its account, each of which has had as much.
SELECT format('hold %s of %s%s', hold_id, to_json(owner_id), ' in ' || nullif(book, $1)) AS broken, problem->>0 AS found, problem->>1 AS expected
  FROM (
    SELECT r.book, r.owner_id, r.hold_id, h.amount - CASE WHEN h.released_on IS NULL THEN h.captured ELSE 0 END AS kept, sum(r.amount) AS reserved,
           min(r.lot_id) FILTER (WHERE l.id IS NULL) AS lost,
           min(ARRAY[r.lot_id, r.amount, l.amount]) FILTER (WHERE r.amount > l.amount) AS too_much
      FROM ledger.lot_holds r
      LEFT JOIN ledger.holds h ON h.book = r.book AND h.owner_id = r.owner_id AND h.id = r.hold_id
      LEFT JOIN ledger.lots l ON l.book = r.book AND l.owner_id = r.owner_id AND l.id = r.lot_id
     WHERE r.book = ANY ($2)
     GROUP BY r.book, r.owner_id, r.hold_id, h.amount, h.captured, h.released_on
  ) r, LATERAL json_array_elements(json_build_array(
    CASE WHEN kept IS NULL THEN json_build_array('no hold', 'a hold of its account') END,
    CASE WHEN lost IS NOT NULL THEN json_build_array(format('reserves of lot %s', lost), 'a lot of its account') END,
    CASE WHEN reserved > kept THEN json_build_array(format('reserves %s', reserved), format('at most %s, which it keeps', kept)) END,
    CASE WHEN too_much IS NOT NULL THEN
      json_build_array(format('reserves %s of lot %s', too_much[2], too_much[1]), format('at most %s, which the lot had', too_much[3])) END
  )) found (problem)
 WHERE (kept IS NULL OR lost IS NOT NULL OR reserved > kept OR too_much IS NOT NULL)
   AND json_typeof(problem) = 'array'
 ORDER BY book, owner_id, hold_id
