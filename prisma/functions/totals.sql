-- What all accounts of a book have together. Sums are text, because they may exceed what a JSON number holds exactly. These
-- functions read with the rights of their owner: what other apps have in the book counts, too.

-- Returns how many accounts a book has, what they have now, and how many are frozen and closed. What has expired and no
-- entry has taken yet counts as taken.
CREATE OR REPLACE FUNCTION ledger.totals(book text) RETURNS json LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  totals json;
BEGIN
  IF ledger.may_use_book(book) THEN
    EXECUTE format('
      SELECT json_build_object(
               ''accounts'', count(*), ''amount'', coalesce(sum(a.balance), 0)::text, ''held'', coalesce(sum(a.held), 0)::text,
               ''overdraft'', coalesce(sum(a.overdraft), 0)::text,
               ''frozen'', count(*) FILTER (WHERE a.state IN (''SPENDING_FROZEN'', ''FROZEN'')),
               ''closed'', count(*) FILTER (WHERE a.state = ''CLOSED''))
        FROM (
          SELECT a.balance - %s AS balance, a.overdraft::bigint AS overdraft, a.state, %s AS held
            FROM ledger.accounts a WHERE a.book = $1) a', ledger.expired_credits('$2'), ledger.held_credits('$2'))
      INTO totals USING book, ledger.now();
  END IF;
  RETURN totals;
END $$;

-- Returns the credits (text) of a book that expire within a number of days (of 24 hours), if nobody uses them.
CREATE OR REPLACE FUNCTION ledger.expiring_within(book text, days integer) RETURNS text LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  now CONSTANT timestamptz := ledger.now();
  total text;
BEGIN
  IF ledger.may_use_book(book) THEN
    EXECUTE '
      SELECT coalesce(sum(l.rest), 0)::text FROM ledger.lots l
       WHERE l.book = $1 AND l.rest > 0 AND l.expires_on > $2 AND l.expires_on <= $3'
      INTO total USING book, now, now + days * interval '24 hours';
  END IF;
  RETURN total;
END $$;

-- Returns what all accounts of a book had at the end of each window (hour, day, month; UTC) between two moments, oldest first,
-- as a JSON array. The last window ends at the last of these moments, or now. It goes back from what the accounts have now:
-- it takes off what was posted after a window, and what has expired in it or before and no entry has taken yet. Such credits
-- expire with their lot, or with the last hold that reserved them.
CREATE OR REPLACE FUNCTION ledger.outstanding(book text, after timestamptz, until timestamptz, per text) RETURNS json LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  lines json;
BEGIN
  IF ledger.may_use_book(book) THEN
    EXECUTE '
      WITH reserved AS (
        SELECT r.owner_id, r.lot_id, r.amount, h.expires_on FROM ledger.lot_holds r
          JOIN ledger.holds h ON h.book = r.book AND h.owner_id = r.owner_id AND h.id = r.hold_id
         WHERE h.released_on IS NULL AND r.book = $1
      ), lots AS (
        SELECT l.owner_id, l.id, l.rest::bigint AS rest, l.expires_on FROM ledger.lots l
         WHERE l.book = $1 AND l.rest > 0 AND l.expires_on <= $5
      ), ends AS (
        SELECT l.owner_id, l.id, l.rest, l.expires_on AS moment FROM lots l
        UNION
        SELECT l.owner_id, l.id, l.rest, r.expires_on FROM lots l JOIN reserved r ON r.owner_id = l.owner_id AND r.lot_id = l.id
         WHERE l.expires_on < r.expires_on AND r.expires_on <= $5
      ), kept AS (
        SELECT e.owner_id, e.id, e.rest, e.moment, least(e.rest, coalesce(sum(r.amount), 0))::bigint AS amount
          FROM ends e LEFT JOIN reserved r ON r.owner_id = e.owner_id AND r.lot_id = e.id AND r.expires_on > e.moment
         GROUP BY e.owner_id, e.id, e.rest, e.moment
      ), due AS (
        SELECT k.moment, coalesce(lag(k.amount) OVER (PARTITION BY k.owner_id, k.id ORDER BY k.moment), k.rest) - k.amount AS amount FROM kept k
      ), changes AS (
        SELECT CASE WHEN e.created_on > $3 THEN ''infinity'' ELSE date_trunc($4, e.created_on, ''UTC'') END AS start, sum(e.amount) AS amount
          FROM ledger.entries e WHERE e.app = ANY ($6) AND e.book = $1 AND e.created_on > $2
         GROUP BY 1
        UNION ALL
        SELECT date_trunc($4, greatest(d.moment, $2), ''UTC''), -sum(d.amount) FROM due d GROUP BY 1
        UNION ALL
        SELECT ''infinity'', (SELECT sum(d.amount) FROM due d)
        UNION ALL
        SELECT w AT TIME ZONE ''UTC'', 0 FROM generate_series(
          date_trunc($4, $2 + interval ''1 ms'', ''UTC'') AT TIME ZONE ''UTC'', $5 AT TIME ZONE ''UTC'', (''1 '' || $4)::interval) w
      ), sums AS (
        SELECT c.start, sum(c.amount) AS amount FROM changes c GROUP BY c.start
      ), lines AS (
        SELECT s.start, (SELECT coalesce(sum(a.balance), 0) FROM ledger.accounts a WHERE a.book = $1)
                        - coalesce(sum(s.amount) OVER (ORDER BY s.start DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS amount
          FROM sums s
      )
      SELECT json_agg(json_build_object(''start'', ledger.epoch_ms(l.start), ''amount'', l.amount::text) ORDER BY l.start)
        FROM lines l WHERE l.start < ''infinity'' AND l.start >= date_trunc($4, $2 + interval ''1 ms'', ''UTC'')'
      INTO lines USING book, after, until, per, least(until, ledger.now()), ledger.apps_of(book);
  END IF;
  RETURN lines;
END $$;
