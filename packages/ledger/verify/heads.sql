-- Every account of the ledger with the hash of its last entry, in the order of a checkpoint: by the bytes of book and
-- owner.
SELECT book, owner_id AS "ownerId", seq, head FROM ledger.accounts ORDER BY book, owner_id
