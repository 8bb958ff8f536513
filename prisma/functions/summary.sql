-- Returns counts and sums of an app's entries in a book (null: its own) per operation and window (hour, day, month; UTC),
-- oldest window first, as a JSON array. Null without entries. Sums are text, because they may exceed what a JSON number
-- holds exactly. The entries are those between two moments, of one owner (null: of all) and of some operations (null: of
-- all). An owner's entries are found by their seq, and the owner's other entries are not read. EXECUTE plans it at each
-- call, for its arguments.
CREATE OR REPLACE FUNCTION ledger.summary(
  app text, owner_id text, after timestamptz, until timestamptz, per text, operations text[], book text DEFAULT NULL
) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
  lines json;
BEGIN
  EXECUTE '
    SELECT json_agg(json_build_object(
             ''operation'', sums.operation, ''start'', ledger.epoch_ms(sums.start), ''count'', sums.count,
             ''gross'', sums.gross::text, ''reversed'', sums.reversed::text
           ) ORDER BY sums.start, sums.operation COLLATE "C")
      FROM (
        SELECT e.operation, kind.start,
               count(*) FILTER (WHERE NOT is_correction) AS count,
               coalesce(sum(e.amount) FILTER (WHERE NOT is_correction), 0) AS gross,
               coalesce(sum(e.amount) FILTER (WHERE is_correction), 0) AS reversed
          FROM ledger.entries e, LATERAL (
                 SELECT num_nonnulls(e.reverses, e.refunds) > 0 AS is_correction,
                        date_trunc($2, e.created_on, ''UTC'') AS start) kind
         WHERE e.app = $1 AND e.book = $9 AND e.created_on > $3 AND e.created_on <= $4
           AND ($5 IS NULL OR e.operation = ANY ($5))
           AND ($6 IS NULL OR e.owner_id = $6 AND e.seq > $7 AND e.seq <= $8)
         GROUP BY e.operation, kind.start
      ) sums'
    INTO lines
    USING app, per, after, until, operations, owner_id,
          ledger.seq_at(app, owner_id, after, book), ledger.seq_at(app, owner_id, until, book), coalesce(book, app);
  RETURN lines;
END $$;
