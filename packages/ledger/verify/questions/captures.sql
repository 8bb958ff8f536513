-- A capture posts the operation of a hold of its account, while the hold is live and up to its amount. A hold has captured
-- what its captures took. If one of them ended it, it names that one, the last.
(SELECT format('entry %s (seq %s of %s%s)', e.id, e.seq, to_json(e.owner_id), ' in ' || nullif(e.book, $1)) AS broken, problem->>0 AS found, problem->>1 AS expected
   FROM ledger.entries e
   JOIN ledger.holds h ON h.app = $1 AND h.book = e.book AND h.owner_id = e.owner_id AND h.id = e.hold_id, LATERAL json_array_elements(json_build_array(
     CASE WHEN h.operation <> e.operation THEN
       json_build_array(format('operation %s', e.operation), format('operation %s, as hold %s', h.operation, h.id)) END,
     CASE WHEN e.amount NOT BETWEEN -h.amount AND -1 THEN
       json_build_array(format('amount %s', e.amount), format('from %s to -1, which hold %s keeps', -h.amount, h.id)) END,
     CASE WHEN e.created_on < h.created_on OR e.created_on >= h.expires_on THEN
       json_build_array(format('created_on %s', e.created_on),
         format('from %s on, and before %s, while hold %s was live', h.created_on, h.expires_on, h.id)) END
   )) found (problem)
  WHERE e.app = $1 AND json_typeof(problem) = 'array'
  ORDER BY e.book, e.owner_id, e.seq)
UNION ALL
-- Captures whose hold is not their account's. Only for these are other accounts' holds searched.
(WITH lost AS MATERIALIZED (
   SELECT e.book, e.owner_id, e.seq, e.id, e.hold_id
     FROM ledger.entries e
     LEFT JOIN ledger.holds h ON h.app = $1 AND h.book = e.book AND h.owner_id = e.owner_id AND h.id = e.hold_id
    WHERE e.app = $1 AND e.hold_id IS NOT NULL AND h.id IS NULL
 ), of_others AS MATERIALIZED (
   SELECT h.id, h.book, h.owner_id FROM ledger.holds h WHERE h.app = $1 AND h.id IN (SELECT lost.hold_id FROM lost)
 )
 SELECT format('entry %s (seq %s of %s%s)', lost.id, lost.seq, to_json(lost.owner_id), ' in ' || nullif(lost.book, $1)),
        CASE WHEN o.id IS NULL THEN format('hold_id %s', lost.hold_id) ELSE format('captures hold %s of %s%s', o.id, to_json(o.owner_id), ' in ' || nullif(o.book, $1)) END,
        CASE WHEN o.id IS NULL THEN 'the id of a hold' ELSE 'a hold of its own account' END
   FROM lost LEFT JOIN of_others o ON o.id = lost.hold_id
  ORDER BY lost.book, lost.owner_id, lost.seq)
UNION ALL
(SELECT format('hold %s of %s%s', h.id, to_json(h.owner_id), ' in ' || nullif(h.book, $1)), problem->>0, problem->>1
   FROM (
     SELECT h.book, h.owner_id, h.id, h.amount, h.captured, h.captured_by, h.released_on, h.created_on,
            coalesce(-sum(e.amount), 0) AS taken, (max(ARRAY[e.seq, e.id]))[2] AS last_id, max(e.created_on) AS last_on
       FROM ledger.holds h
       LEFT JOIN ledger.entries e ON e.app = $1 AND e.book = h.book AND e.owner_id = h.owner_id AND e.hold_id = h.id
      WHERE h.app = $1
      GROUP BY h.book, h.owner_id, h.id, h.amount, h.captured, h.captured_by, h.released_on, h.created_on
   ) h, LATERAL json_array_elements(json_build_array(
     CASE WHEN captured <> taken THEN json_build_array(format('captured %s', captured), format('captured %s, the sum of its captures', taken)) END,
     CASE
       WHEN last_id IS NULL AND captured_by IS NOT NULL THEN
         json_build_array(format('captured_by %s', captured_by), 'captured_by none: no such entry names it')
       WHEN CASE WHEN captured_by IS NULL THEN taken >= amount ELSE (captured_by, released_on) IS DISTINCT FROM (last_id, last_on) END THEN
         json_build_array(
           format('captured_by %s, released_on %s', coalesce(captured_by::text, 'none'), coalesce(released_on::text, 'never')),
           format('captured_by %s, released_on %s', last_id, last_on)) END
   )) found (problem)
  WHERE json_typeof(problem) = 'array'
  ORDER BY book, owner_id, created_on)
