-- A capture posts what a hold of its owner promised, while the hold was live and within its amount; hold and entry name
-- each other.
(SELECT format('entry %s (seq %s of %s)', e.id, e.seq, to_json(e.owner_id)) AS broken, found, expected
   FROM ledger.entries e
   LEFT JOIN ledger.holds h ON h.app = $1 AND h.id = e.hold_id, LATERAL (
     SELECT format('hold_id %s', e.hold_id) AS found, 'the id of a hold' AS expected
      WHERE h.id IS NULL
     UNION ALL
     SELECT format('captures hold %s of %s', h.id, to_json(h.owner_id)), 'a hold of its own owner'
      WHERE h.owner_id <> e.owner_id
     UNION ALL
     SELECT format('operation %s', e.operation), format('operation %s, as hold %s', h.operation, h.id)
      WHERE h.operation <> e.operation
     UNION ALL
     SELECT format('amount %s', e.amount), format('from %s to -1, which hold %s keeps', -h.amount, h.id)
      WHERE e.amount NOT BETWEEN -h.amount AND -1
     UNION ALL
     SELECT format('created_on %s', e.created_on),
            format('from %s on, and before %s, while hold %s was live', h.created_on, h.expires_on, h.id)
      WHERE e.created_on < h.created_on OR e.created_on >= h.expires_on
   ) problem
  WHERE e.app = $1 AND e.hold_id IS NOT NULL
  ORDER BY e.id)
UNION ALL
(SELECT format('hold %s of %s', h.id, to_json(h.owner_id)),
        format('captured_by %s, released_on %s', coalesce(h.captured_by::text, 'none'), coalesce(h.released_on::text, 'never')),
        CASE
          WHEN e.id IS NULL THEN 'captured_by none: no such entry names it'
          ELSE format('captured_by %s, released_on %s', e.id, e.created_on)
        END
   FROM ledger.holds h
   LEFT JOIN ledger.entries e ON e.app = $1 AND e.hold_id = h.id
  WHERE h.app = $1
    AND (h.captured_by, CASE WHEN h.captured_by IS NOT NULL THEN h.released_on END) IS DISTINCT FROM (e.id, e.created_on)
  ORDER BY h.id)
