-- A capture posts the operation of a hold of its account, while the hold is live and up to its amount; the hold and the
-- entry name each other.
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
(SELECT format('hold %s of %s%s', h.id, to_json(h.owner_id), ' in ' || nullif(h.book, $1)),
        format('captured_by %s, released_on %s', coalesce(h.captured_by::text, 'none'), coalesce(h.released_on::text, 'never')),
        CASE
          WHEN e.id IS NULL THEN 'captured_by none: no such entry names it'
          ELSE format('captured_by %s, released_on %s', e.id, e.created_on)
        END
   FROM ledger.holds h
   LEFT JOIN ledger.entries e ON e.app = $1 AND e.book = h.book AND e.owner_id = h.owner_id AND e.hold_id = h.id
  WHERE h.app = $1
    AND (h.captured_by, CASE WHEN h.captured_by IS NOT NULL THEN h.released_on END) IS DISTINCT FROM (e.id, e.created_on)
  ORDER BY h.book, h.owner_id, h.created_on)
