import { once } from 'node:events'
import type pg from 'pg'
import { afterEach, describe, expect, test } from 'vitest'
import { LedgerConnection } from '../src/database/connection.ts'
import { ledgerErrorOf } from '../src/index.ts'
import { openLedger } from './open-ledger.ts'

const { pool, prisma, ledger, sql } = await openLedger()

let count = 0
const posting = () => ({ ownerId: 'ada', operation: 'CREDIT_ADD', amount: 1, nonce: `n${++count}` }) as const
type Client = { $queryRaw: typeof prisma.$queryRaw }

/** Ends the connection of a transaction, and waits until its client knows. */
async function endConnectionOf(tx: Client) {
  const [row] = await tx.$queryRaw<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`
  const lost = once(pool, 'lost')
  await sql.query('SELECT pg_terminate_backend($1::int)', [row?.pid])
  await lost
}
pool.on('connect', (client) => client.once('end', () => pool.emit('lost')))

/** Whatever was lost, the pool goes on, and no connection is left in it. */
afterEach(async () => {
  expect((await ledger.postEntry(posting())).ok).toBe(true)
  await expect.poll(() => pool.totalCount - pool.idleCount).toBe(0)
})

test('a connection handles its errors at every moment of its life in the pool', async () => {
  expect(new LedgerConnection().listenerCount('error')).toBeGreaterThan(0)
  const heard: number[] = []
  const note = (client: pg.PoolClient) => heard.push(client.listenerCount('error'))
  for (const event of ['connect', 'acquire', 'remove'] as const) pool.on(event, note)
  pool.on('release', (_error, client) => note(client))
  const client = await pool.connect()
  note(client)
  client.emit('error', new Error('lost while nobody asks'))
  client.release(true)
  note(client)
  await once(client, 'end')
  note(client)
  for (const event of ['connect', 'acquire', 'remove'] as const) pool.off(event, note)
  expect(heard.length).toBeGreaterThan(4)
  expect(Math.min(...heard)).toBeGreaterThan(0)
})

describe("a connection that ends around an app's own transaction is DATABASE_UNAVAILABLE", () => {
  const unavailable = { code: 'DATABASE_UNAVAILABLE', retryable: true }
  const failureOf = async (running: Promise<unknown>) =>
    running.then(
      () => expect.fail('it did not fail'),
      (error) => ledgerErrorOf(error),
    )

  test('at BEGIN', async () => {
    const end = (client: pg.PoolClient) => {
      if (client instanceof LedgerConnection) client.connection.stream.destroy()
    }
    pool.on('acquire', end)
    const failure = await failureOf(prisma.$transaction((tx) => tx.$queryRaw`SELECT 1`))
    pool.off('acquire', end)
    expect(failure).toMatchObject(unavailable)
  })

  test("at the app's own statement", async () => {
    const running = prisma.$transaction(async (tx) => {
      await endConnectionOf(tx)
      await tx.$queryRaw`SELECT 1`
    })
    expect(await failureOf(running)).toMatchObject(unavailable)
  })

  test("while the app's own statement runs", async () => {
    const running = prisma.$transaction(async (tx) => {
      await tx.$queryRaw`SELECT pg_terminate_backend(pg_backend_pid())::text, pg_sleep(1)::text`
    })
    expect(await failureOf(running)).toMatchObject(unavailable)
  })

  test('at a call of the ledger', async () => {
    const running = prisma.$transaction(async (tx) => {
      await endConnectionOf(tx)
      await ledger.postEntry(posting(), { tx })
    })
    expect(await failureOf(running)).toMatchObject(unavailable)
  })

  test('at COMMIT, whose outcome is unknown until the nonce tells it', async () => {
    const running = prisma.$transaction(async (tx) => {
      await ledger.postEntry(posting(), { tx })
      await endConnectionOf(tx)
    })
    const failure = await failureOf(running)
    expect(failure).toMatchObject(unavailable)
    expect(failure?.message).toMatch(/the outcome is unknown.*same nonce/)
  })

  test('at ROLLBACK, where the app’s own error counts', async () => {
    const running = prisma.$transaction(async (tx) => {
      await endConnectionOf(tx)
      throw new Error('the app changed its mind')
    })
    await expect(running).rejects.toThrow('the app changed its mind')
  })

  test('when the app wraps the error in its own', async () => {
    const running = prisma.$transaction(async (tx) => {
      await endConnectionOf(tx)
      await tx.$queryRaw`SELECT 1`.catch((cause) => {
        throw new Error('the content could not be written', { cause })
      })
    })
    expect(await failureOf(running)).toMatchObject(unavailable)
  })
})

describe('an answer that is lost after PostgreSQL committed', () => {
  const listeners = pool.listenerCount('acquire')

  /** Loses the connection of the next statement that posts, once its rows are visible. */
  function loseNextAnswer(isDone: () => Promise<boolean>) {
    const watch = (client: pg.PoolClient) => {
      if (!(client instanceof LedgerConnection)) throw new Error('not a connection of the ledger')
      const query = client.query
      client.query = new Proxy(query, {
        apply(_, connection, args: [{ text?: string }]) {
          client.query = query
          if (/ledger\.(?:append|post)_/.test(args[0].text ?? '')) {
            pool.off('acquire', watch)
            client.connection.stream.removeAllListeners('data')
            void expect
              .poll(isDone)
              .toBe(true)
              .then(() => client.connection.stream.destroy())
          }
          return Reflect.apply(query, connection, args)
        },
      })
    }
    pool.on('acquire', watch)
  }
  const isIn = (table: string, nonce: string) => async () =>
    (await sql.query(`SELECT FROM ledger.${table} WHERE nonce = $1`, [nonce])).rowCount === 1

  test('of a posting is found when the call is sent again', async () => {
    const input = posting()
    loseNextAnswer(isIn('entries', input.nonce))
    expect(await ledger.postEntry(input)).toMatchObject({ ok: true, entry: { nonce: input.nonce } })
    expect(pool.listenerCount('acquire')).toBe(listeners)
  })

  test('of a hold is reported as lost, never as a duplicate of itself', async () => {
    const input = { ...posting(), operation: 'CREDIT_SPEND', expiresIn: 60 } as const
    loseNextAnswer(isIn('holds', input.nonce))
    await expect(ledger.holdCredits(input)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
    expect(pool.listenerCount('acquire')).toBe(listeners)
    expect(await ledger.holdCredits(input)).toMatchObject({
      error: { code: 'DUPLICATE_NONCE', identical: true, hold: { status: 'HELD' } },
    })
  })
})
