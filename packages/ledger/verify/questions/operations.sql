-- The app declares the operation of every entry and every hold.
(SELECT format('entry %s (seq %s of %s)', id, seq, to_json(owner_id)) AS broken,
        format('operation %s', operation) AS found,
        format('one of %s', coalesce(nullif(array_to_string(declared.operations, ', '), ''), 'none: the app declares no operations')) AS expected
   FROM ledger.entries
   LEFT JOIN (SELECT operations FROM ledger.apps WHERE app = $1) declared ON true
  WHERE app = $1
    AND (operation = ANY (declared.operations)) IS NOT TRUE
  ORDER BY owner_id, seq)
UNION ALL
(SELECT format('hold %s of %s', id, to_json(owner_id)),
        format('operation %s', operation),
        format('one of %s', coalesce(nullif(array_to_string(declared.operations, ', '), ''), 'none: the app declares no operations'))
   FROM ledger.holds
   LEFT JOIN (SELECT operations FROM ledger.apps WHERE app = $1) declared ON true
  WHERE app = $1
    AND (operation = ANY (declared.operations)) IS NOT TRUE
  ORDER BY owner_id, created_on)
