-- An app's entry by its id, with every field of its hash.
SELECT app, book, owner_id AS "ownerId", seq::float8, id, operation, amount::float8, balance_after::float8 AS "balanceAfter",
       nonce, place, transaction_id AS "transactionId", metadata, created_on AS "createdOn", reverses, refunds, hold_id AS "holdId"
  FROM ledger.entries
 WHERE app = $1 AND id = $2
