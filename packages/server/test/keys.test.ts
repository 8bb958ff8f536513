import { DatabaseUnavailableError } from '@shared-ledger/ledger'
import { keyText, makeKey as makeText, openRegister, readKey } from '@shared-ledger/ledger/keys'
import { describe, expect, test, vi } from 'vitest'
import { eventsOf, openStream } from './event-stream.ts'
import { ledger, owner, pool, rowsWritten } from './harness.ts'
import { sendBytes } from './send-bytes.ts'
import { bearer, makeKey, refusalOf, serveWith } from './serve-keys.ts'

const keysOn = { LEDGER_AUTH: 'keys' }
const all = ['read', 'post', 'correct', 'admin'] as const

/** Returns the text with another character at one place. */
function changedAt(text: string, place: number): string {
  const other = text.at(place) === 'A' ? 'B' : 'A'
  const chars = [...text]
  chars[place < 0 ? text.length + place : place] = other
  return chars.join('')
}

describe('a request with a key', () => {
  test('is answered on every path, in the name of the key', async () => {
    const { text } = await makeKey({ scopes: all, name: 'night job' })
    const { ways, lines } = await serveWith(keysOn)
    for (const [way, ask] of Object.entries(ways)) {
      const { status } = await ask(bearer(text))
      expect([way, status]).toEqual([way, way === 'no route' ? 404 : 200])
      expect(lines.at(-1)).toMatchObject({ msg: 'request', principal: 'night job' })
    }
  })

  test.each(['bearer', 'BEARER', 'Bearer '])('may write the scheme as %s', async (scheme) => {
    const { text } = await makeKey({ scopes: all })
    const { ways } = await serveWith(keysOn)
    expect((await ways.rest({ authorization: `${scheme} ${text}` })).status).toBe(200)
  })

  test('is refused without it on every path, and posts nothing', async () => {
    const { ways, server } = await serveWith(keysOn)
    for (const ask of Object.values(ways)) {
      const refused = await ask()
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
      expect(refusalOf(refused)).toMatchObject({
        code: 'UNAUTHENTICATED',
        message: expect.stringContaining('no header Authorization'),
      })
    }
    const query = 'subscription { ledgerEntryPosted(ownerId: "ada") { cursor } }'
    expect((await openStream(server.url, { query })).statusCode).toBe(401)
    expect(await rowsWritten()).toBe(0)
  })

  test.each([
    ['nothing', ''],
    ['no scheme', ({ text }) => text],
    ['another scheme', ({ text }) => `Basic ${Buffer.from(`${text}:`).toString('base64')}`],
    ['two keys', ({ text }) => `Bearer ${text}, Bearer ${text}`],
    ['a tail', ({ text }) => `Bearer ${text} ${text}`],
    ['half of it', ({ text }) => `Bearer ${text.slice(0, 40)}`],
    ['a checksum of another', ({ text }) => `Bearer ${changedAt(text, -1)}`],
    ['a secret that is mistyped', ({ text }) => `Bearer ${changedAt(text, 30)}`],
    ['a prefix in capitals', ({ text }) => `Bearer ${text.replace('slk_', 'SLK_')}`],
    ['a quoted one', ({ text }) => `Bearer "${text}"`],
  ] satisfies [string, string | ((key: { text: string }) => string)][])(
    'is refused before the database is asked: %s',
    async (_, header) => {
      const key = await makeKey({ scopes: all })
      let asked = 0
      const find: typeof ledger.keys.find = (ids) => {
        asked += 1
        return ledger.keys.find(ids)
      }
      const { ways } = await serveWith(keysOn, { keys: { ...ledger.keys, find } })
      const authorization = typeof header === 'string' ? header : header(key)
      const refused = await ways['rest posting']({ authorization })
      expect([refused.status, refusalOf(refused).code]).toEqual([401, 'UNAUTHENTICATED'])
      expect(asked).toBe(0)
      expect(refused.text).not.toContain(key.text.slice(4, 16))
    },
  )

  test('is refused with its key in the url, the body or another header', async () => {
    const { text } = await makeKey({ scopes: all })
    const { ask, lines } = await serveWith(keysOn)
    const places = [
      await ask(`/ledger/ada?access_token=${text}`, {}),
      await ask(`/ledger/ada?key=${text}`, {}),
      await ask('/graphql', {}, { query: '{ __typename }', access_token: text }),
      await ask('/ledger/ada', { 'x-api-key': text, cookie: `authorization=${text}` }),
    ]
    expect(places.map(({ status }) => status)).toEqual(places.map(() => 401))
    expect(JSON.stringify(lines)).not.toContain(text.slice(4))
  })

  test('is refused with two Authorization headers', async () => {
    const { text } = await makeKey({ scopes: all })
    const { server } = await serveWith(keysOn)
    const line = `Authorization: Bearer ${text}\r\n`
    const head = `GET /ledger/ada HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n`
    const port = Number(new URL(server.url).port)
    expect(await sendBytes(port, `${head}${line}\r\n`)).toMatch(/^HTTP\/1\.1 200 /)
    expect(await sendBytes(port, `${head}${line}${line.toUpperCase()}\r\n`)).toMatch(/^HTTP\/1\.1 400 /)
  })

  test('gets the same refusal for an unknown, wrong, revoked or expired key', async () => {
    const [one, other, revoked, expired] = await Promise.all([
      makeKey({ scopes: all }),
      makeKey({ scopes: all }),
      makeKey({ scopes: all }),
      makeKey({ scopes: all, expiresInS: 60 }),
    ])
    await revoked.revoke()
    await pool.query(
      `UPDATE ledger.keys SET created_on = created_on - interval '1 day', expires_on = expires_on - interval '1 day' WHERE id = $1`,
      [expired.id],
    )
    const crossed = keyText({ id: one.id, secret: readKey(other.text)?.secret ?? '' })
    const { ways } = await serveWith(keysOn)
    const texts = [makeText().text, crossed, revoked.text, expired.text]
    const refused = await Promise.all(texts.map((text) => ways.rest(bearer(text))))
    const [first] = refused
    expect(first?.status).toBe(401)
    for (const each of refused) {
      expect([each.status, each.text]).toEqual([first?.status, first?.text])
      expect([...each.headers.keys()]).toEqual([...(first?.headers.keys() ?? [])])
    }
    expect((await ways.rest(bearer(one.text))).status).toBe(200)
  })

  test("is refused with another app's key", async () => {
    const { text } = await (await openRegister(pool, 'freelance')).create({
      name: 'other',
      scopes: all,
      ownerId: null,
      expiresInS: null,
    })
    const { ways } = await serveWith(keysOn)
    expect((await ways.rest(bearer(text))).status).toBe(401)
  })
})

describe('a key that ends', () => {
  test('is soon refused by every server, and the other key of a rotation goes on', async () => {
    const [old, next] = [await makeKey({ scopes: all }), await makeKey({ scopes: all })]
    const servers = await Promise.all([serveWith(keysOn), serveWith(keysOn)])
    const askAll = (text: string) =>
      Promise.all(servers.map(async ({ ways }) => (await ways.rest(bearer(text))).status))
    expect(await askAll(old.text)).toEqual([200, 200])
    expect(await askAll(next.text)).toEqual([200, 200])
    await old.revoke()
    await expect.poll(() => askAll(old.text)).toEqual([401, 401])
    expect(await askAll(next.text)).toEqual([200, 200])
  })

  test.each(['revoke', 'expire'] as const)('ends its open subscriptions, and no others: %s', async (how) => {
    const [ending, staying] = [await makeKey({ scopes: all }), await makeKey({ scopes: all })]
    const { server, lines } = await serveWith(keysOn)
    const query = `subscription Live { ledgerEntryPosted(ownerId: "${owner()}", after: "") { entry { nonce } } }`
    const open = async ({ text }: { text: string }) => {
      const response = await openStream(server.url, { query }, bearer(text))
      expect(response.statusCode).toBe(200)
      return eventsOf(response)
    }
    const [ended, stayed] = [await open(ending), await open(staying)]
    await ledger.postEntry({ ownerId: owner(), operation: 'DAILY_REWARD', nonce: 'before' })
    for (const events of [ended, stayed]) {
      expect((await events.next()).value?.data.data.ledgerEntryPosted.entry.nonce).toBe('before')
    }
    if (how === 'revoke') await ending.revoke()
    else {
      await pool.query(
        `UPDATE ledger.keys SET created_on = created_on - interval '1 day', expires_on = ledger.now() WHERE id = $1`,
        [ending.id],
      )
    }
    expect((await ended.next()).value).toMatchObject({
      event: 'next',
      data: { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] },
    })
    expect((await ended.next()).value).toMatchObject({ event: 'complete' })
    expect((await ended.next()).done).toBe(true)
    await expect
      .poll(() => lines.filter(({ operation }) => operation === 'Live'))
      .toMatchObject([{ outcome: 'UNAUTHENTICATED' }])
    await ledger.postEntry({ ownerId: owner(), operation: 'DAILY_REWARD', nonce: 'after' })
    expect((await stayed.next()).value?.data.data.ledgerEntryPosted.entry.nonce).toBe('after')
    await stayed.return()
  })
})

describe('a database that does not answer', () => {
  const away = async () => {
    throw new DatabaseUnavailableError('It is away.')
  }

  test('lets nobody in, and tells nobody that their key is wrong', async () => {
    const { text } = await makeKey({ scopes: all })
    for (const find of [away, () => new Promise<never>(() => {})]) {
      const { ways } = await serveWith(keysOn, { keys: { ...ledger.keys, find } })
      for (const ask of Object.values(ways)) {
        const refused = await ask(bearer(text))
        expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2'])
        expect(refusalOf(refused).code).toBe('DATABASE_UNAVAILABLE')
      }
    }
  })

  test('also ends the right of a known key, and restores it when it is back', async () => {
    const { text, revoke } = await makeKey({ scopes: all })
    const staying = await makeKey({ scopes: all })
    let find = ledger.keys.find
    const { ways } = await serveWith(keysOn, { keys: { ...ledger.keys, find: (ids) => find(ids) } })
    expect((await ways.rest(bearer(text))).status).toBe(200)
    expect((await ways.rest(bearer(staying.text))).status).toBe(200)
    find = away
    await revoke()
    await expect.poll(async () => (await ways.rest(bearer(text))).status).toBe(503)
    find = ledger.keys.find
    expect((await ways.rest(bearer(text))).status).toBe(401)
    await expect.poll(async () => (await ways.rest(bearer(staying.text))).status).toBe(200)
  })

  test('keeps nobody waiting for a note about the key', async () => {
    const { text } = await makeKey({ scopes: all })
    const touch = () => new Promise<never>(() => {})
    const { ways } = await serveWith(keysOn, { keys: { ...ledger.keys, touch } })
    expect((await ways.rest(bearer(text))).status).toBe(200)
  })
})

test('a hundred requests with a new key ask the database once', async () => {
  const { text } = await makeKey({ scopes: all })
  const asked: string[] = []
  const find: typeof ledger.keys.find = async (ids) => {
    asked.push(...ids)
    return ledger.keys.find(ids)
  }
  const { ways } = await serveWith(keysOn, { keys: { ...ledger.keys, find } })
  const frozen = vi.spyOn(performance, 'now').mockReturnValue(performance.now())
  try {
    const answers = await Promise.all(Array.from({ length: 100 }, () => ways.introspection(bearer(text))))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(asked).toHaveLength(1)
  } finally {
    frozen.mockRestore()
  }
})

test('the use of a key is noted to the minute when it was let in', async () => {
  const [used, refused] = [await makeKey({ scopes: all }), await makeKey({ scopes: all })]
  await refused.revoke()
  const { ways } = await serveWith(keysOn)
  await ways.rest(bearer(used.text))
  await ways.rest(bearer(refused.text))
  const usedOn = async ({ id }: { id: string }) => {
    const { rows } = await pool.query('SELECT last_used_on AS "on" FROM ledger.keys WHERE id = $1', [id])
    return rows[0].on
  }
  await expect.poll(() => usedOn(used)).toBeInstanceOf(Date)
  expect((await usedOn(used)).getTime() % 60_000).toBe(0)
  expect(await usedOn(refused)).toBeNull()
})

test('no log line, answer or row contains a secret', async () => {
  const key = await makeKey({ scopes: all })
  const { ways, lines } = await serveWith({ ...keysOn, LOG_LEVEL: 'trace' })
  const secret = readKey(key.text)?.secret ?? expect.fail('no key')
  const answers = [
    ...(await Promise.all(Object.values(ways).map((ask) => ask(bearer(key.text))))),
    ...(await Promise.all(Object.values(ways).map((ask) => ask(bearer(changedAt(key.text, -1)))))),
  ]
  const { rows } = await pool.query('SELECT * FROM ledger.keys WHERE id = $1', [key.id])
  const seen = JSON.stringify([lines, answers.map(({ text }) => text), rows])
  for (const part of [secret, secret.slice(0, 20), secret.slice(-20)]) expect(seen).not.toContain(part)
})
