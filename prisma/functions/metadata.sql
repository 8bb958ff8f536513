-- Whether a value is a flat object of strings with at most 20 keys, and 4 KiB of UTF-8 in keys and values together.
CREATE OR REPLACE FUNCTION ledger.is_metadata(metadata jsonb) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF jsonb_typeof(metadata) <> 'object' THEN
    RETURN false;
  END IF;
  RETURN (
    SELECT count(*) <= 20
       AND coalesce(bool_and(jsonb_typeof(value) = 'string'), true)
       AND coalesce(sum(octet_length(key) + octet_length(value #>> '{}')), 0) <= 4096
      FROM jsonb_each(metadata)
  );
END $$;
