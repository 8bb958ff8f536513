-- An account's entries from one seq up to another, of all apps that share its book: each hash, and the digest of the
-- entry's canonical form.
SELECT hash, sha256(ledger.entry_form(
         app, book, owner_id, seq, id, operation, amount, balance_after, nonce, place, transaction_id, metadata, created_on,
         reverses, refunds, hold_id)) AS digest, ledger.chain_start(book, owner_id) AS start
  FROM ledger.entries
 WHERE book = $1 AND owner_id = $2 AND seq BETWEEN $3 AND $4
 ORDER BY seq
