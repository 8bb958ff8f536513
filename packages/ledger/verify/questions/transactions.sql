-- The entries of a transaction were posted together: with one nonce, one metadata and one moment, at most 100, and each
-- owner's one after another. (A missing entry leaves a gap in its owner's seq or place.)
SELECT format('entry %s (seq %s of %s)', id, seq, to_json(owner_id)) AS broken, found,
       format('%s, as transaction %s has it', expected, transaction_id) AS expected
  FROM (
    SELECT *,
           first_value(nonce) OVER by_id AS first_nonce,
           first_value(metadata) OVER by_id AS first_metadata,
           first_value(created_on) OVER by_id AS first_created_on,
           lag(seq) OVER (PARTITION BY transaction_id, owner_id ORDER BY seq) AS before,
           row_number() OVER by_id AS number
      FROM ledger.entries
     WHERE app = $1
    WINDOW by_id AS (PARTITION BY transaction_id ORDER BY id)
  ) e, LATERAL (
    SELECT format('nonce %s', to_json(nonce)) AS found, format('nonce %s', to_json(first_nonce)) AS expected
     WHERE nonce <> first_nonce
    UNION ALL
    SELECT format('metadata %s', metadata), format('metadata %s', first_metadata)
     WHERE metadata <> first_metadata
    UNION ALL
    SELECT format('created_on %s', created_on), format('created_on %s', first_created_on)
     WHERE created_on <> first_created_on
    UNION ALL
    SELECT format('seq %s', seq), format('seq %s', before + 1)
     WHERE seq <> before + 1
    UNION ALL
    SELECT format('entry number %s', number), 'at most 100 entries'
     WHERE number > 100
  ) problem
 ORDER BY owner_id, seq
