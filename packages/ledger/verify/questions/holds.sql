-- Each hold has an account and is not older than the account; a released hold was released while it was live.
SELECT format('hold %s of %s%s', h.id, to_json(h.owner_id), ' in ' || nullif(h.book, $1)) AS broken, problem->>0 AS found, problem->>1 AS expected
  FROM ledger.holds h
  LEFT JOIN ledger.accounts a ON a.book = h.book AND a.owner_id = h.owner_id, LATERAL json_array_elements(json_build_array(
    CASE WHEN a.owner_id IS NULL THEN json_build_array('no account', 'an account of its owner') END,
    CASE WHEN h.released_on < h.created_on OR h.released_on >= h.expires_on THEN
      json_build_array(format('released_on %s', h.released_on), format('released_on from %s on, and before %s', h.created_on, h.expires_on)) END,
    CASE WHEN h.created_on < a.created_on THEN
      json_build_array(format('created_on %s', h.created_on), 'created_on of its account, or later') END
  )) found (problem)
 WHERE h.app = $1 AND json_typeof(problem) = 'array'
 ORDER BY h.book, h.owner_id, h.created_on
