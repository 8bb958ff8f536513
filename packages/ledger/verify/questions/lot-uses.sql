-- The uses of an entry have its seq, and are of lots of its account. They have the sign of its amount, and add up to at
-- most its amount. (What new lots pay of a balance below 0 has the place 0, and is of the lots that the entry made.)
SELECT CASE
         WHEN seq IS NULL THEN format('uses of entry %s of %s%s', entry_id, to_json(owner_id), ' in ' || nullif(book, $1))
         ELSE format('entry %s (seq %s of %s%s)', entry_id, seq, to_json(owner_id), ' in ' || nullif(book, $1))
       END AS broken, problem->>0 AS found, problem->>1 AS expected
  FROM (
    SELECT u.book, u.owner_id, u.entry_id, e.seq, e.amount,
           coalesce(sum(u.amount) FILTER (WHERE u.place > 0), 0) AS used,
           count(*) FILTER (WHERE u.place > 0 AND sign(u.amount) <> sign(e.amount)) AS wrong_signs,
           coalesce(sum(u.amount) FILTER (WHERE u.place = 0), 0) AS paid,
           count(*) FILTER (WHERE u.place = 0 AND (u.amount > 0 OR l.entry_id IS DISTINCT FROM u.entry_id)) AS wrong_payments,
           min(u.lot_id) FILTER (WHERE l.id IS NULL) AS lost,
           min(u.seq) FILTER (WHERE u.seq <> e.seq) AS wrong_seq
      FROM ledger.lot_uses u
      LEFT JOIN ledger.lots l ON l.book = u.book AND l.owner_id = u.owner_id AND l.id = u.lot_id
      LEFT JOIN (
        SELECT book, owner_id, id, seq, amount FROM ledger.entries WHERE app = ANY ($3) AND book = ANY ($2)
      ) e ON e.book = u.book AND e.owner_id = u.owner_id AND e.id = u.entry_id
     WHERE u.book = ANY ($2)
     GROUP BY u.book, u.owner_id, u.entry_id, e.seq, e.amount
  ) u, LATERAL json_array_elements(json_build_array(
    CASE WHEN seq IS NULL THEN json_build_array('no entry', 'an entry of its account') END,
    CASE WHEN wrong_seq IS NOT NULL THEN json_build_array(format('uses of seq %s', wrong_seq), format('uses of seq %s', seq)) END,
    CASE WHEN lost IS NOT NULL THEN json_build_array(format('uses lot %s', lost), 'a lot of its account') END,
    CASE WHEN wrong_signs > 0 OR abs(used) > abs(amount) THEN
      json_build_array(format('uses of %s, %s of them with another sign', used, wrong_signs), format('uses of up to %s, all with its sign', amount)) END,
    CASE WHEN wrong_payments > 0 OR -paid > greatest(amount, 0) THEN
      json_build_array(format('payments of %s, %s of them by another lot', -paid, wrong_payments),
        format('payments of 0 to %s, by the lots that it made', greatest(amount, 0))) END
  )) found (problem)
 WHERE (seq IS NULL OR wrong_seq IS NOT NULL OR lost IS NOT NULL OR wrong_signs > 0 OR abs(used) > abs(amount) OR wrong_payments > 0 OR -paid > greatest(amount, 0))
   AND json_typeof(problem) = 'array'
 ORDER BY book, owner_id, seq
