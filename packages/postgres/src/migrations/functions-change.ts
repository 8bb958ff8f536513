import path from 'node:path'
import type pg from 'pg'
import { messageOf } from '../errors.ts'
import { historyOf, LEDGER } from '../project.ts'
import { type FunctionText, functionTextsOf } from './function-files.ts'

/** A function of the ledger in PostgreSQL's catalogue. */
interface Definition {
  readonly name: string
  /** Its name and the types of its parameters, as DROP FUNCTION takes them. */
  readonly identity: string
  /** What CREATE OR REPLACE cannot change: names and defaults of parameters, and the result. */
  readonly signature: string
  /** The whole definition, with who may call it. */
  readonly text: string
}

/**
 * The SQL that the ledger's migrations lack to leave the functions of `prisma/functions`: makes what is new or changed,
 * and drops what no file has any more. Empty when they agree. A comment above a function makes no difference.
 * The SQL is tried on the connection, to the ledger's migrations on a scratch database, and nothing of it stays.
 *
 * @param models SQL that goes before: what the migrations lack for the models.
 * @throws when the models' SQL fails, and when a function cannot be made, or not be dropped because a table, a policy or
 *   another function needs it.
 */
export async function functionsChangeOf(
  connection: pg.Client,
  { root, models }: { root: string; models: string },
): Promise<string> {
  const texts = functionTextsOf(historyOf(root, LEDGER).functions)
  await connection.query('BEGIN; SET LOCAL search_path TO ledger')
  try {
    await connection.query(models).catch((error) => {
      throw byHand(`schema.prisma fails: ${messageOf(error)}`, models)
    })
    await connection.query('SET LOCAL search_path TO pg_catalog')
    const before = await definitionsIn(connection)
    const wanted = await definitionsOf(connection, { texts, before, root })
    const script = scriptBetween(before, wanted)
    await connection.query(script).catch((error) => {
      throw byHand(`functions fails: ${messageOf(error)}`, script)
    })
    const left = await definitionsIn(connection)
    for (const { identity, text } of wanted.keys()) {
      if (!left.some((definition) => definition.text === text))
        throw byHand(`functions leaves ${identity} with other rights than a new one has`, script)
    }
    return script
  } finally {
    await connection.query('ROLLBACK')
  }
}

function byHand(problem: string, script: string): Error {
  return new Error(`The change of prisma/${problem}. Write this migration by hand:\n${script}`)
}

async function definitionsIn(connection: pg.Client): Promise<Definition[]> {
  const { rows } = await connection.query<Definition>(
    `SELECT proname::text AS name, format('ledger.%I(%s)', proname, oidvectortypes(proargtypes)) AS identity,
            concat(pg_get_function_arguments(oid), ' ', pg_get_function_result(oid)) AS signature,
            concat(pg_get_functiondef(oid), proacl) AS text
       FROM pg_proc WHERE pronamespace = 'ledger'::regnamespace ORDER BY oid`,
  )
  return rows
}

/** Returns the definitions that the files lead to, when no other function is in the way. Nothing of it stays. */
async function definitionsOf(
  connection: pg.Client,
  { texts, before, root }: { texts: readonly FunctionText[]; before: readonly Definition[]; root: string },
): Promise<Map<Definition, FunctionText>> {
  const made = new Map<Definition, FunctionText>()
  await connection.query('SAVEPOINT made; CREATE SCHEMA before')
  for (const { identity } of before) await connection.query(`ALTER FUNCTION ${identity} SET SCHEMA before`)
  for (const text of texts) {
    await connection.query(text.sql).catch((error) => {
      throw new Error(
        `${path.relative(root, text.file)}: ledger.${text.name} cannot be made: ${messageOf(error)}`,
      )
    })
    const newest = (await definitionsIn(connection))[made.size]
    if (newest === undefined)
      throw new Error(`${path.relative(root, text.file)} makes ledger.${text.name} again`)
    made.set(newest, text)
  }
  await connection.query('ROLLBACK TO made')
  return made
}

function scriptBetween(before: readonly Definition[], wanted: ReadonlyMap<Definition, FunctionText>): string {
  const kept = new Set([...wanted.keys()].map(({ identity }) => identity))
  let gone = before.filter(({ identity }) => !kept.has(identity))
  const made: string[] = []
  for (const [{ identity, signature, text }, { name, sql }] of wanted) {
    const old = before.find((definition) => definition.identity === identity)
    if (old?.text === text) continue
    // With another function of the same name, REVOKE would not know which one is meant.
    const inTheWay = gone.filter((definition) => definition.name === name)
    gone = gone.filter((definition) => definition.name !== name)
    if (old && old.signature !== signature) inTheWay.push(old)
    if (inTheWay.length > 0) made.push(anew, ...inTheWay.map(dropOf))
    made.push(sql)
  }
  const dropped = gone.reverse().map(dropOf) // a function is dropped before the functions that it calls
  return [
    ...(made.length > 0 ? ['-- Functions, from prisma/functions.', ...made, copies] : []),
    ...(dropped.length > 0 ? ['-- Functions that prisma/functions no longer has.', ...dropped] : []),
  ].join('\n\n')
}

const copies =
  '-- The copies of functions that apps and shards have.\nSELECT ledger.make_functions(app) FROM ledger.apps;'

const anew =
  '-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.'

function dropOf({ identity }: Definition): string {
  return `DROP FUNCTION ${identity};`
}
