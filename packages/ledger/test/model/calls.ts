import type pg from 'pg'

/**
 * Has a database write down each call of ledger.post, with what it settled, in the order in which the calls were carried
 * out: that is written while the call still keeps its accounts locked.
 */
export async function recordCalls(sql: pg.Client): Promise<void> {
  await sql.query(`
    CREATE SEQUENCE model.places;
    CREATE TABLE model.calls (
      app text, process text, size integer, began timestamptz, ended timestamptz
    );
    CREATE TABLE model.settled (app text, id uuid PRIMARY KEY, place bigint);

    ALTER FUNCTION ledger.post RENAME TO post_unrecorded;
    CREATE FUNCTION ledger.post(
      app text, owner_ids text[], transactions json, dry_run boolean, skip_busy boolean DEFAULT false
    ) RETURNS json LANGUAGE plpgsql AS $$
    #variable_conflict use_variable
    DECLARE
      began timestamptz := clock_timestamp();
      answers json := ledger.post_unrecorded(app, owner_ids, transactions, dry_run, skip_busy);
    BEGIN
      IF NOT dry_run THEN
        INSERT INTO model.calls
        VALUES (app, current_setting('application_name'),
               (SELECT sum(json_array_length(r -> 'lines')) FROM json_array_elements(transactions) r),
               began, clock_timestamp());
        INSERT INTO model.settled
        SELECT app, (transactions -> i ->> 'id')::uuid, nextval('model.places')
          FROM generate_series(0, json_array_length(transactions) - 1) i
         WHERE answers -> i ->> 'outcome' <> 'busy' ORDER BY i;
      END IF;
      RETURN answers;
    END $$;`)
}

/** The ids of an app's drafts, in the order in which they were settled; those that were never sent are not among them. */
export async function settledIds(sql: pg.Client, ids: readonly string[]): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>(
    'SELECT id FROM model.settled WHERE id = ANY($1) ORDER BY place',
    [ids],
  )
  return rows.map(({ id }) => id)
}

/** How many entries the calls had that apps' processes made, and the most calls that one process had under way at once. */
export async function callsOf(sql: pg.Client, apps: string): Promise<{ sizes: number[]; atOnce: number }> {
  const { rows } = await sql.query<{ sizes: number[]; at_once: string }>(
    `WITH calls AS (SELECT * FROM model.calls WHERE app LIKE $1)
     SELECT (SELECT array_agg(DISTINCT size ORDER BY size) FROM calls) AS sizes,
            (SELECT max((SELECT count(*) FROM calls other
                          WHERE (other.app, other.process) = (calls.app, calls.process)
                            AND other.began <= calls.began AND calls.began < other.ended)) FROM calls) AS at_once`,
    [apps],
  )
  return { sizes: rows[0]?.sizes ?? [], atOnce: Number(rows[0]?.at_once) }
}
