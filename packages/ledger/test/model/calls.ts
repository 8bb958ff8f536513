import type { createWorld } from './world.ts'

type World = Pick<Awaited<ReturnType<typeof createWorld>>, 'database' | 'sql'>

/** The number of the process that sent each draft, by the draft's id. */
export type Processes = Map<string, number>

/**
 * Makes a database record each call that posts for the apps that are declared later, with its outcomes. The record is
 * written while the call still keeps its accounts locked. Each call has a place after those of all calls that had one
 * of its accounts before, so that its order is an order of the calls. Each node of a cluster has its own record, of the
 * calls that it carried out. The places of the accounts are where the accounts are.
 */
export async function recordCalls({ database, sql }: World): Promise<void> {
  await database.onEachNode(`
    CREATE TABLE model.calls (app text, ids uuid[], size integer, began timestamptz, ended timestamptz);
    CREATE TABLE model.settled (id uuid PRIMARY KEY, place bigint, number integer);
    CREATE TABLE model.appended (app text, id uuid PRIMARY KEY);`)
  await sql.query(`
    CREATE TABLE model.places (book text, owner_id text COLLATE "C", place bigint, PRIMARY KEY (book, owner_id));

    DO $$ BEGIN
      IF ledger.is_distributed() THEN
        PERFORM create_distributed_table('model.places', 'owner_id', colocate_with := 'ledger.accounts');
      END IF;
    END $$`)
  await sql.query(`
    CREATE FUNCTION model.next_place(books text[], owner_ids text[]) RETURNS bigint LANGUAGE plpgsql AS $$
    #variable_conflict use_variable
    DECLARE
      following bigint := 1;
      account record;
    BEGIN
      FOR account IN SELECT * FROM unnest(books, owner_ids) a (book, owner_id) LOOP
        following := greatest(following, 1 + (
          SELECT p.place FROM model.places p WHERE p.book = account.book AND p.owner_id = account.owner_id));
      END LOOP;
      FOR account IN SELECT * FROM unnest(books, owner_ids) a (book, owner_id) LOOP
        INSERT INTO model.places AS p VALUES (account.book, account.owner_id, following)
        ON CONFLICT ON CONSTRAINT places_pkey DO UPDATE SET place = excluded.place;
      END LOOP;
      RETURN following;
    END $$;

    ALTER FUNCTION ledger.post_template RENAME TO unrecorded_post_template;
    CREATE FUNCTION ledger.post_template(
      key text, owner_ids text[], parts integer[], requests json, skip_busy boolean DEFAULT false, lock_ms integer DEFAULT NULL
    ) RETURNS json LANGUAGE plpgsql SECURITY DEFINER AS $$
    DECLARE
      began timestamptz := clock_timestamp();
      answer json := ledger.unrecorded_post_template(key, owner_ids, parts, requests, skip_busy, lock_ms);
      ids uuid[] := ARRAY(SELECT id::uuid FROM json_array_elements_text(requests -> 'id') id);
      busy integer[] := ARRAY(
        SELECT n::integer FROM json_array_elements(answer -> 'answers') a, json_array_elements_text(a -> 'accounts') n
         WHERE a ->> 'outcome' = 'busy');
      books text[];
      locked text[];
    BEGIN
      SELECT array_agg(a.book ORDER BY a.n), array_agg(a.owner_id ORDER BY a.n) INTO books, locked
        FROM (SELECT coalesce(requests -> 'book' ->> (o.n - 1)::integer, 'template') AS book, o.owner_id, o.n
                FROM unnest(owner_ids) WITH ORDINALITY o (owner_id, n) WHERE o.n <> ALL (busy)) a;
      INSERT INTO model.calls
      VALUES ('template', ids, json_array_length(requests -> 'account'), began, clock_timestamp());
      IF locked IS NOT NULL THEN
        INSERT INTO model.settled
        SELECT d.id, place, d.number
          FROM unnest(ids) WITH ORDINALITY d (id, number), model.next_place(books, locked) place
         WHERE answer -> 'answers' -> (d.number - 1)::integer ->> 'outcome' IS DISTINCT FROM 'busy';
      END IF;
      RETURN answer;
    END $$;

    ALTER FUNCTION ledger.append_template RENAME TO unrecorded_append_template;
    CREATE FUNCTION ledger.append_template(
      owner_id text, attempt uuid, nonce text, metadata text, operation text, amount bigint, requested bigint,
      skip_busy boolean DEFAULT false, lock_ms integer DEFAULT NULL, book text DEFAULT 'template'
    ) RETURNS json LANGUAGE plpgsql SECURITY DEFINER AS $$
    DECLARE
      began timestamptz := clock_timestamp();
      answer json := ledger.unrecorded_append_template(
        owner_id, attempt, nonce, metadata, operation, amount, requested, skip_busy, lock_ms, book);
    BEGIN
      -- The answer has answers where it is that of the function for all requests, which has recorded it.
      IF answer -> 'answers' IS NULL THEN
        INSERT INTO model.calls VALUES ('template', ARRAY[attempt], 1, began, clock_timestamp());
        INSERT INTO model.settled VALUES (attempt, model.next_place(ARRAY[book], ARRAY[owner_id]), 1);
        INSERT INTO model.appended VALUES ('template', attempt);
      END IF;
      RETURN answer;
    END $$;`)
}

/** Returns how many entries the apps' processes posted by the function for single entries. */
export async function appendedIn({ database }: World, apps: string, processes: Processes): Promise<number> {
  const rows = await database.onEachNode<{ id: string }>('SELECT id FROM model.appended WHERE app LIKE $1', [
    apps,
  ])
  return rows.filter(({ id }) => processes.has(id)).length
}

/**
 * Returns the ids of an app's drafts in an order in which they were settled. Drafts that were never sent are missing.
 */
export async function settledIds({ database }: World, ids: readonly string[]): Promise<string[]> {
  const rows = await database.onEachNode<{ id: string; place: string; number: number }>(
    'SELECT id, place, number FROM model.settled WHERE id = ANY($1)',
    [ids],
  )
  // Two calls with the same place have no account in common, and may come in any order.
  rows.sort((one, other) => Number(one.place) - Number(other.place) || one.number - other.number)
  return rows.map(({ id }) => id)
}

interface Call {
  readonly app: string
  readonly ids: readonly string[]
  readonly size: number
  readonly began: Date
  readonly ended: Date
}

/** Returns how many entries each call of the apps' processes had, and the most calls that one process ran at once. */
export async function callsOf(
  { database }: World,
  apps: string,
  processes: Processes,
): Promise<{ sizes: number[]; atOnce: number }> {
  const calls = await database.onEachNode<Call>('SELECT * FROM model.calls WHERE app LIKE $1', [apps])
  const sizes = [...new Set(calls.map(({ size }) => size))].sort((one, other) => one - other)
  const sent = new Map<string, Call[]>()
  for (const call of calls) {
    const process = `${call.app} ${processes.get(call.ids[0] ?? '') ?? 'alone'}`
    sent.set(process, [...(sent.get(process) ?? []), call])
  }
  const atOnce = [...sent.values()].flatMap((all) =>
    all.map(({ began }) => all.filter((other) => other.began <= began && began < other.ended).length),
  )
  return { sizes, atOnce: Math.max(...atOnce) }
}
