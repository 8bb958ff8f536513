import type pg from 'pg'

/**
 * Makes a database record each call that posts for the apps that are declared later, with its outcomes. The record is
 * written while the call still keeps its accounts locked, so that its order is the order of the calls.
 */
export async function recordCalls(sql: pg.Client): Promise<void> {
  await sql.query(`
    CREATE SEQUENCE model.places;
    CREATE TABLE model.calls (
      app text, process text, size integer, began timestamptz, ended timestamptz
    );
    CREATE TABLE model.settled (app text, id uuid PRIMARY KEY, place bigint);
    CREATE TABLE model.appended (app text, process text, id uuid PRIMARY KEY);

    ALTER FUNCTION ledger.post_template RENAME TO unrecorded_post_template;
    CREATE FUNCTION ledger.post_template(
      key text, owner_ids text[], parts integer[], requests json, skip_busy boolean DEFAULT false, lock_ms integer DEFAULT NULL
    ) RETURNS json LANGUAGE plpgsql SECURITY DEFINER AS $$
    DECLARE
      began timestamptz := clock_timestamp();
      answer json := ledger.unrecorded_post_template(key, owner_ids, parts, requests, skip_busy, lock_ms);
    BEGIN
      INSERT INTO model.calls
      VALUES ('template', current_setting('application_name'), json_array_length(requests -> 'account'), began, clock_timestamp());
      INSERT INTO model.settled
      SELECT 'template', (requests -> 'id' ->> i)::uuid, nextval('model.places')
        FROM generate_series(0, json_array_length(requests -> 'id') - 1) i
       WHERE answer -> 'answers' -> i ->> 'outcome' IS DISTINCT FROM 'busy' ORDER BY i;
      RETURN answer;
    END $$;

    ALTER FUNCTION ledger.append_template RENAME TO unrecorded_append_template;
    CREATE FUNCTION ledger.append_template(
      owner_id text, attempt uuid, nonce text, metadata text, operation text, amount bigint, requested bigint,
      skip_busy boolean DEFAULT false, lock_ms integer DEFAULT NULL
    ) RETURNS json LANGUAGE plpgsql SECURITY DEFINER AS $$
    DECLARE
      began timestamptz := clock_timestamp();
      answer json := ledger.unrecorded_append_template(
        owner_id, attempt, nonce, metadata, operation, amount, requested, skip_busy, lock_ms);
    BEGIN
      -- The answer has answers where it is that of the function for all requests, which has recorded it.
      IF answer -> 'answers' IS NULL THEN
        INSERT INTO model.calls VALUES ('template', current_setting('application_name'), 1, began, clock_timestamp());
        INSERT INTO model.settled VALUES ('template', attempt, nextval('model.places'));
        INSERT INTO model.appended VALUES ('template', current_setting('application_name'), attempt);
      END IF;
      RETURN answer;
    END $$;`)
}

/** Returns how many entries the apps' processes posted by the function for single entries. */
export async function appendedIn(sql: pg.Client, apps: string): Promise<number> {
  const { rows } = await sql.query<{ count: string }>(
    `SELECT count(*) FROM model.appended WHERE app LIKE $1 AND process LIKE 'process %'`,
    [apps],
  )
  return Number(rows[0]?.count)
}

/**
 * Returns the ids of an app's drafts in the order in which they were settled. Drafts that were never sent are missing.
 */
export async function settledIds(sql: pg.Client, ids: readonly string[]): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>(
    'SELECT id FROM model.settled WHERE id = ANY($1) ORDER BY place',
    [ids],
  )
  return rows.map(({ id }) => id)
}

/** Returns how many entries each call of the apps' processes had, and the most calls that one process ran at once. */
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
