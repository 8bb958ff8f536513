import { scopes } from '@shared-ledger/ledger/facts'
import { expect, test } from 'vitest'
import { makeKey, serveWith } from '../../server/test/serve-keys.ts'
import { createLedgerClient } from '../src/index.ts'

const posting = (nonce: string) => ({ ownerId: 'kay', operation: 'CREDIT_ADD', amount: 1, nonce }) as const

test('a client posts, reads and subscribes with its key', async () => {
  const { server } = await serveWith({ LEDGER_AUTH: 'keys' })
  const { text } = await makeKey({ scopes })
  const client = createLedgerClient({ url: `${server.url}/graphql`, key: text })
  expect(await client.postEntry(posting('n1'))).toMatchObject({ ok: true })
  const live = client.entriesPosted('kay', { after: '' })
  expect((await live.next()).value).toMatchObject({ entry: { nonce: 'n1' } })
  await live.return()
})

test('a client calls its key function for each request, so that a key can be rotated', async () => {
  const { server } = await serveWith({ LEDGER_AUTH: 'keys' })
  const [old, next] = [await makeKey({ scopes }), await makeKey({ scopes })]
  let key = old.text
  const client = createLedgerClient({
    url: `${server.url}/graphql`,
    key: () => key,
    headers: { authorization: 'Basic eDp5' },
  })
  expect(await client.balance('kay')).toMatchObject({ ownerId: 'kay' })
  await old.revoke()
  key = next.text
  expect(await client.balance('kay')).toMatchObject({ ownerId: 'kay' })
})

test('a client without a key, or with a wrong one, gets the error at once', async () => {
  const { server } = await serveWith({ LEDGER_AUTH: 'keys' })
  const url = `${server.url}/graphql`
  for (const client of [createLedgerClient({ url }), createLedgerClient({ url, key: 'slk_x' })]) {
    await expect(client.postEntry(posting('n2'))).rejects.toMatchObject({
      name: 'LedgerClientError',
      code: 'UNAUTHENTICATED',
    })
    await expect(client.entriesPosted('kay', { after: '' }).next()).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    })
  }
})

test('an open subscription fails when its key is revoked', async () => {
  const { server } = await serveWith({ LEDGER_AUTH: 'keys' })
  const { text, revoke } = await makeKey({ scopes })
  const client = createLedgerClient({ url: `${server.url}/graphql`, key: text })
  await client.postEntry(posting('n3'))
  const live = client.entriesPosted('kay', { after: '' })
  expect((await live.next()).value).toMatchObject({ entry: { ownerId: 'kay' } })
  await revoke()
  const untilItEnds = async () => {
    for await (const _ of live);
  }
  await expect(untilItEnds()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
})
