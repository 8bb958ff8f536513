-- The app declares the operation of every entry and every hold, for the book that it is in, and may use that book.

-- The operations of lots are for every book of the app.
SELECT CASE
         WHEN seq IS NULL THEN format('hold %s of %s%s', id, to_json(owner_id), ' in ' || nullif(book, $1))
         ELSE format('entry %s (seq %s of %s%s)', id, seq, to_json(owner_id), ' in ' || nullif(book, $1))
       END AS broken, problem->>0 AS found, problem->>1 AS expected
  FROM (
    SELECT used.*,
           (operation = ANY (declared.operations)) IS TRUE AS is_declared, declared.operations,
           CASE
             WHEN operation IN ('CREDIT_EXPIRED', 'CREDIT_VOIDED') THEN used.book
             ELSE coalesce(declared.books ->> operation, $1)
           END AS own_book,
           usable.book IS NOT NULL AS is_usable
      FROM (
        SELECT book, owner_id, seq, id, operation, created_on FROM ledger.entries WHERE app = $1
        UNION ALL
        SELECT book, owner_id, NULL, id, operation, created_on FROM ledger.holds WHERE app = $1
      ) used
      LEFT JOIN (SELECT operations, books FROM ledger.apps WHERE app = $1) declared ON true
      LEFT JOIN (SELECT book FROM ledger.books WHERE $1 = ANY (apps)) usable ON usable.book = used.book
  ) used, LATERAL json_array_elements(json_build_array(
    CASE WHEN NOT is_declared THEN
      json_build_array(format('operation %s', operation),
        format('one of %s', coalesce(nullif(array_to_string(operations, ', '), ''), 'none: the app declares no operations'))) END,
    CASE WHEN book <> own_book THEN
      json_build_array(format('book %s', book), format('book %s, which the operation %s has', own_book, operation)) END,
    CASE WHEN NOT is_usable THEN
      json_build_array(format('book %s', book), 'a book that the app made, or that is shared with it') END
  )) found (problem)
 WHERE (NOT is_declared OR book <> own_book OR NOT is_usable)
   AND json_typeof(problem) = 'array'
 ORDER BY seq IS NULL, book, owner_id, seq, created_on
