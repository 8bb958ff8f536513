-- Writes what entries have changed in accounts whose seq has risen since their rows were read. An account is found by
-- its key, and only with the seq that was read: on a cluster, a shard may have moved since, without its lock. Each
-- column is compared with a list of one value. Only an index answers that, so PostgreSQL looks each account up by its
-- key. A plan for equal columns that was made while there were few accounts would read all of them, and up to version 17
-- PostgreSQL reads the index to its end where rows are compared.
CREATE OR REPLACE FUNCTION ledger.save_accounts(
  books text[], owner_ids text[], balances bigint[], helds bigint[], expiries timestamptz[], lot_expiries timestamptz[], seqs bigint[], updates timestamptz[],
  heads bytea[], states text[], seqs_read bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  saved integer;
BEGIN
  IF ledger.is_cluster() THEN
    saved := ledger.save_shards(books, owner_ids, balances, helds, expiries, lot_expiries, seqs, updates, heads, states, seqs_read);
  ELSE
    UPDATE ledger.accounts a
       SET balance = n.balance, held = n.held, holds_expire_on = n.expiry, lots_expire_on = n.lot_expiry, seq = n.seq, updated_on = n.updated_on, head = n.head, state = n.state
      FROM (
        SELECT n.* FROM unnest(books, owner_ids, balances, helds, expiries, lot_expiries, seqs, updates, heads, states, seqs_read)
               n (book, owner_id, balance, held, expiry, lot_expiry, seq, updated_on, head, state, seq_read)
         WHERE n.seq > n.seq_read OFFSET 0
      ) n
     WHERE a.book = ANY (ARRAY[n.book]) AND a.owner_id = ANY (ARRAY[n.owner_id]) AND a.seq = n.seq_read;
    GET DIAGNOSTICS saved = ROW_COUNT;
  END IF;
  IF saved <> (SELECT count(*) FROM unnest(seqs, seqs_read) n (seq, seq_read) WHERE n.seq > n.seq_read) THEN
    RAISE EXCEPTION 'an account has changed since it was locked' USING ERRCODE = 'serialization_failure';
  END IF;
END $$;
