-- Entries are append-only. Nothing depends on this trigger. It stops a slip of the hand.
CREATE OR REPLACE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'ledger entries are never changed or deleted'
    USING ERRCODE = 'restrict_violation', HINT = 'Post another entry that corrects this one.';
END $$;
