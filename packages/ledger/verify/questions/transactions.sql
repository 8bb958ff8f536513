-- The entries of a transaction were posted together: with one nonce, one metadata and one moment, at most 100, each
-- account's one after another, and in one book, unless one owner has exchanged credits of a book for those of another. (A
-- missing entry leaves a gap in its account's seq or place.)
(SELECT format('entry %s (seq %s of %s%s)', id, seq, to_json(owner_id), ' in ' || nullif(book, $1)) AS broken,
        format('seq %s', seq) AS found,
        format('seq %s, as transaction %s has it', before + 1, transaction_id) AS expected
   FROM (
     SELECT book, owner_id, seq, id, transaction_id, lag(seq) OVER (PARTITION BY book, owner_id, transaction_id ORDER BY seq) AS before
       FROM ledger.entries
      WHERE app = $1
   ) e
  WHERE seq <> before + 1
  ORDER BY book, owner_id, seq)
UNION ALL
-- Only the entries of transactions that differ are compared one by one.
(WITH different AS MATERIALIZED (
   SELECT transaction_id, min(book) <> max(book) AND (count(*) <> 2 OR min(owner_id) <> max(owner_id) OR sum(sign(amount)) <> 0) AS is_mixed
     FROM ledger.entries
    WHERE app = $1
    GROUP BY transaction_id
   HAVING count(*) > 100 OR min(nonce) <> max(nonce) OR min(metadata::text) <> max(metadata::text) OR min(created_on) <> max(created_on)
       OR min(book) <> max(book) AND (count(*) <> 2 OR min(owner_id) <> max(owner_id) OR sum(sign(amount)) <> 0)
 )
 SELECT format('entry %s (seq %s of %s%s)', id, seq, to_json(owner_id), ' in ' || nullif(book, $1)), problem->>0, format('%s, as transaction %s has it', problem->>1, transaction_id)
   FROM (
     SELECT book, owner_id, seq, id, transaction_id, nonce, metadata, created_on, is_mixed,
            first_value(book) OVER by_id AS first_book,
            first_value(nonce) OVER by_id AS first_nonce,
            first_value(metadata) OVER by_id AS first_metadata,
            first_value(created_on) OVER by_id AS first_created_on,
            row_number() OVER by_id AS number
       FROM ledger.entries JOIN different USING (transaction_id)
      WHERE app = $1
     WINDOW by_id AS (PARTITION BY transaction_id ORDER BY id)
   ) e, LATERAL json_array_elements(json_build_array(
     CASE WHEN is_mixed AND book <> first_book THEN json_build_array(format('book %s', book), format('book %s', first_book)) END,
     CASE WHEN nonce <> first_nonce THEN
       json_build_array(format('nonce %s', to_json(nonce)), format('nonce %s', to_json(first_nonce))) END,
     CASE WHEN metadata <> first_metadata THEN
       json_build_array(format('metadata %s', metadata), format('metadata %s', first_metadata)) END,
     CASE WHEN created_on <> first_created_on THEN
       json_build_array(format('created_on %s', created_on), format('created_on %s', first_created_on)) END,
     CASE WHEN number > 100 THEN json_build_array(format('entry number %s', number), 'at most 100 entries') END
   )) found (problem)
  WHERE json_typeof(problem) = 'array'
  ORDER BY book, owner_id, seq)
