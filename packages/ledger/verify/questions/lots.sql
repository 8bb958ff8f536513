-- What is left of each lot is its amount and the sum of its uses, from 0 to its amount. The entry that made it is of its
-- account, and has its seq.
SELECT format('lot %s of %s%s', id, to_json(owner_id), ' in ' || nullif(book, $1)) AS broken, problem->>0 AS found, problem->>1 AS expected
  FROM (
    SELECT l.book, l.owner_id, l.id, l.amount, l.rest, l.entry_id, l.seq, coalesce(e.seq, 0) AS made_seq, l.amount + coalesce(u.used, 0) AS left_over, e.id IS NOT NULL AS is_made
      FROM ledger.lots l
      LEFT JOIN (
        SELECT book, owner_id, lot_id, sum(amount) AS used FROM ledger.lot_uses WHERE book = ANY ($2) GROUP BY book, owner_id, lot_id
      ) u ON u.book = l.book AND u.owner_id = l.owner_id AND u.lot_id = l.id
      LEFT JOIN (
        SELECT app, book, owner_id, id, seq FROM ledger.entries WHERE app = ANY ($3) AND book = ANY ($2)
      ) e ON e.app = l.app AND e.book = l.book AND e.owner_id = l.owner_id AND e.id = l.entry_id
     WHERE l.book = ANY ($2)
  ) l, LATERAL json_array_elements(json_build_array(
    CASE WHEN rest <> left_over THEN
      json_build_array(format('rest %s', rest), format('rest %s: amount %s, and uses of %s', left_over, amount, left_over - amount)) END,
    CASE WHEN rest NOT BETWEEN 0 AND amount THEN json_build_array(format('rest %s', rest), format('from 0 to %s', amount)) END,
    CASE WHEN entry_id IS NOT NULL AND NOT is_made THEN
      json_build_array(format('entry_id %s', entry_id), 'the id of an entry of its account and its app, or none') END,
    CASE WHEN seq <> made_seq THEN json_build_array(format('seq %s', seq), format('seq %s, of the entry that made it', made_seq)) END
  )) found (problem)
 WHERE json_typeof(problem) = 'array'
 ORDER BY book, owner_id, id
