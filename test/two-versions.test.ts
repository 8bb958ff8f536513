import { createLedgerClient, type LedgerClient } from '@shared-ledger/client'
import {
  createLedger,
  createPool,
  defineOperations,
  type OperationOf,
  type Operations,
  type PostOperationOf,
} from '@shared-ledger/ledger'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import { startServer } from '@shared-ledger/server'
import { afterAll, expect, test } from 'vitest'
import { allOperations, buildSchema } from '../packages/plugin-ledger/test/build-schema.ts'
import { captureLog } from '../packages/server/test/capture-log.ts'

// Two versions of one app run side by side. The newer one has retired FEE and added NEW.
const before = defineOperations({
  ...allOperations,
  FEE: { amount: { min: -9, max: -1 }, description: 'A fee.' },
})
const after = defineOperations({
  ...allOperations,
  FEE: { amount: { min: -9, max: -1 }, description: 'A fee.', retired: true },
  NEW: { amount: 9 },
})

const database = await createTestDatabase()
const admin = createPool(database.url)
const declare = (operations: Operations, retired: readonly string[] = []) =>
  admin.query('SELECT ledger.set_operations($1, $2, $3)', ['versions', Object.keys(operations), retired])
await declare(before)

async function start(operations: Operations) {
  const pool = createPool(database.url)
  const ledger = createLedger({ app: 'versions', operations, pool })
  const { logger, lines } = captureLog('versions')
  const server = await startServer({
    app: 'versions',
    ledger,
    schema: buildSchema(ledger),
    logger,
    port: 0,
    close: () => pool.end(),
  })
  return {
    ...server,
    warnings: () => lines.filter(({ level }) => level === 40).map(({ msg }) => msg),
    rest: async (path: string, body?: object) => {
      const response = await fetch(`${server.url}${path}`, {
        ...(body && { method: 'POST', body: JSON.stringify(body) }),
        headers: { 'content-type': 'application/json' },
      })
      return { status: response.status, json: await response.json() }
    },
  }
}

const servers = [await start(before)]
afterAll(async () => {
  for (const server of servers) await server.close()
  await admin.end()
  await database.drop()
})
const [older] = servers as [Awaited<ReturnType<typeof start>>]
const oldClient = createLedgerClient<OperationOf<typeof before>>({ url: `${older.url}/graphql` })

async function done<Result extends { readonly ok: boolean }>(result: Promise<Result>) {
  const settled = await result
  if (!settled.ok) throw new Error(JSON.stringify(settled))
  return settled as Result & { readonly ok: true }
}

const fee = { ownerId: 'ann', operation: 'FEE', amount: 3 } as const
await done(oldClient.postEntry({ ownerId: 'ann', operation: 'CREDIT_ADD', amount: 50 }))
const { entry: paid } = await done(oldClient.postEntry({ ...fee, nonce: 'paid' }))
const { hold } = await done(oldClient.holdCredits({ ...fee, nonce: 'held', expiresIn: 600 }))
await declare(after, ['FEE'])
const newer = await start(after)
servers.push(newer)
const newClient = createLedgerClient<OperationOf<typeof after>, PostOperationOf<typeof after>>({
  url: `${newer.url}/graphql`,
})
const { entry: added } = await done(newClient.postEntry({ ownerId: 'ann', operation: 'NEW' }))

test('the newer version starts without a warning, and the older one, deployed again, says what to do', async () => {
  expect(newer.warnings()).toEqual([])
  const again = await start(before)
  await again.close()
  expect(again.warnings()).toEqual([
    expect.stringMatching(/lacks operations that the database declares for the app versions: NEW\./),
    expect.stringMatching(/has retired operations of the app versions that .*: FEE\./),
  ])
})

test('neither version posts or holds a retired operation, and each says why', async () => {
  const refused = {
    ok: false,
    __typename: 'ValidationError',
    errors: [{ field: 'operation', message: expect.stringContaining('FEE is retired') }],
  }
  expect(await oldClient.postEntry(fee)).toMatchObject(refused)
  expect(await oldClient.holdCredits({ ...fee, expiresIn: 60 })).toMatchObject(refused)
  expect(await oldClient.postEntries([fee])).toMatchObject([refused])
  const unchecked: unknown = newClient
  await expect((unchecked as LedgerClient<'FEE'>).postEntry(fee)).rejects.toMatchObject({
    message: expect.stringContaining('"FEE" does not exist in "LedgerPostOperation" enum'),
  })
  for (const server of [older, newer]) {
    const posting = { owner_id: 'ann', operation: 'FEE', amount: 3, nonce: crypto.randomUUID() }
    const problem = { code: 'VALIDATION_ERROR', errors: refused.errors }
    expect(await server.rest('/ledger', posting)).toMatchObject({ status: 422, json: problem })
    const held = await server.rest('/ledger/holds', { ...posting, expires_in: 60 })
    expect(held).toMatchObject({ status: 422, json: problem })
    const batch = await server.rest('/ledger/batch', { entries: [posting] })
    expect(batch.json.results).toMatchObject([problem])
  }
})

test('forms, the schema and OpenAPI offer it only for reading', async () => {
  expect(await newClient.operations()).toContainEqual(expect.objectContaining({ name: 'FEE', retired: true }))
  const { json: listed } = await newer.rest('/operations')
  expect(listed.operations).toContainEqual(expect.objectContaining({ name: 'FEE', retired: true }))
  const { json } = await newer.rest('/openapi.json')
  const { LedgerOperation, LedgerPostOperation } = json.components.schemas
  expect(LedgerOperation.enum).toEqual([...Object.keys(allOperations), 'FEE', 'NEW'])
  expect(LedgerOperation.description).toContain('`FEE`: A fee. Retired')
  expect(LedgerPostOperation.enum).toEqual([...Object.keys(allOperations), 'NEW'])
  const body = json.paths['/ledger'].post.requestBody.content['application/json'].schema
  expect(body.properties.operation).toEqual({ $ref: '#/components/schemas/LedgerPostOperation' })
})

test('both versions read all entries: in pages, summaries and live lists, by GraphQL and REST', async () => {
  const unknown = { operation: null, operationName: 'NEW', amount: 9 }
  const known = { operation: 'FEE', operationName: 'FEE', amount: -3 }
  const { entries } = await oldClient.entries({ ownerId: 'ann', first: 2 })
  expect(entries).toMatchObject([unknown, known])
  const retired = await newClient.entries({ ownerId: 'ann', operations: ['FEE'] })
  expect(retired.entries).toMatchObject([known])
  expect(await oldClient.entry(added.id)).toMatchObject(unknown)
  expect(await oldClient.transaction(added.transactionId)).toMatchObject({ entries: [unknown] })
  const live = oldClient.entriesPosted('ann', { after: '' })
  expect((await live.next()).value?.entry.operation).toBe('CREDIT_ADD')
  expect((await live.next()).value?.entry).toMatchObject(known)
  expect((await live.next()).value?.entry).toMatchObject(unknown)
  await live.return()
  const year = Number(paid.createdOn.slice(0, 4))
  const month = { from: `${year}-01-01T00:00:00Z`, to: `${year + 2}-01-01T00:00:00Z`, per: 'MONTH' } as const
  const lines = await oldClient.summary({ ownerId: 'ann', ...month })
  expect(lines).toContainEqual(expect.objectContaining({ operation: null, operationName: 'NEW', gross: 9 }))
  expect(await newClient.summary({ ...month, operations: ['FEE'] })).toMatchObject([{ operationName: 'FEE' }])

  const page = await older.rest('/ledger/ann/entries?first=2')
  expect(page).toMatchObject({ status: 200, json: { entries: [{ operation: 'NEW' }, { operation: 'FEE' }] } })
  const filtered = await newer.rest('/ledger/ann/entries?operation=FEE')
  expect(filtered.json.entries).toMatchObject([{ operation: 'FEE', amount: -3 }])
  const sums = await older.rest(`/ledger/ann/summary?from=${month.from}&to=${month.to}&per=month`)
  expect(sums.json.lines).toContainEqual(expect.objectContaining({ operation: 'NEW', gross: 9 }))
})

test('both versions correct and capture what the other one posts', async () => {
  const { entry } = await done(newClient.refundEntry({ id: paid.id, amount: 1 }))
  expect(entry).toMatchObject({ operation: 'FEE', amount: 1, refunds: paid.id })
  const captured = await newer.rest(`/ledger/holds/${hold.id}/capture`, { nonce: 'capture' })
  expect(captured).toMatchObject({
    status: 200,
    json: { entry: { operation: 'FEE' }, hold: { operation: 'FEE', status: 'captured' } },
  })
  const reversed = await older.rest(`/ledger/transactions/${added.transactionId}/reverse`, {
    nonce: 'reverse',
  })
  expect(reversed).toMatchObject({
    status: 200,
    json: { transaction: { entries: [{ operation: 'NEW', amount: -9 }] } },
  })
  const again = await oldClient.postEntry({ ownerId: 'ann', operation: 'CREDIT_ADD', nonce: 'reverse' })
  expect(again).toMatchObject({
    __typename: 'DuplicateNonceError',
    entry: { operation: null, operationName: 'NEW' },
  })
})
