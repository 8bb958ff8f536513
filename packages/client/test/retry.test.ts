import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLedgerClient } from '../src/index.ts'
import { delayAfter, retryAfterMs } from '../src/retry.ts'
import { startFixture } from './fixture.ts'
import { answer, dropRequest, graphqlError } from './proxy.ts'

describe('a failed attempt', () => {
  let fixture: Awaited<ReturnType<typeof startFixture>>
  const clientOf = (attempts = 3) =>
    createLedgerClient({ url: fixture.url, retry: { attempts, baseDelayMs: 1 } })

  beforeEach(async () => {
    fixture = await startFixture()
  })
  afterEach(() => fixture.stop())

  it('is repeated until the server is up', async () => {
    await fixture.stop()
    const client = createLedgerClient({ url: fixture.url, retry: { baseDelayMs: 100 } })
    const balance = client.balance(fixture.ownerId)
    setTimeout(() => fixture.restart(), 150)
    expect(await balance).toEqual({ ownerId: fixture.ownerId, amount: 0 })
  })

  it('of a server that never comes up is UNREACHABLE', async () => {
    await fixture.stop()
    await expect(clientOf().balance(fixture.ownerId)).rejects.toMatchObject({
      name: 'LedgerClientError',
      code: 'UNREACHABLE',
      retryable: true,
      status: undefined,
    })
  })

  it('is repeated as often as the policy says', async () => {
    fixture.faults.push(dropRequest, dropRequest, dropRequest, dropRequest)
    await expect(clientOf().balance(fixture.ownerId)).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    expect(fixture.requests).toHaveLength(3)
  })

  it.each([408, 429, 502, 503, 504])('with status %i is repeated', async (status) => {
    fixture.faults.push(answer(status))
    expect(await clientOf().balance(fixture.ownerId)).toMatchObject({ amount: 0 })
    expect(fixture.requests).toHaveLength(2)
  })

  it('waits as long as Retry-After asks', async () => {
    fixture.faults.push(answer(503, 'busy', { 'retry-after': '1' }))
    const started = performance.now()
    await clientOf().balance(fixture.ownerId)
    expect(performance.now() - started).toBeGreaterThan(990)
  })

  it('is not repeated when Retry-After asks for longer than the policy allows', async () => {
    fixture.faults.push(answer(503, 'busy', { 'retry-after': '3600' }))
    await expect(clientOf().balance(fixture.ownerId)).rejects.toMatchObject({
      code: 'HTTP_503',
      status: 503,
      retryable: true,
    })
    expect(fixture.requests).toHaveLength(1)
  })

  it('with a retryable GraphQL error is repeated', async () => {
    fixture.faults.push(graphqlError({ code: 'DATABASE_UNAVAILABLE', retryable: true }))
    expect(await clientOf().balance(fixture.ownerId)).toMatchObject({ amount: 0 })
  })

  it('with any other GraphQL error is not repeated, and keeps only the server’s code and message', async () => {
    fixture.faults.push(graphqlError({ code: 'FORBIDDEN', stack: 'at secret.ts:1' }, 'No.'))
    const error = await clientOf()
      .balance(fixture.ownerId)
      .catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'FORBIDDEN', message: 'No.', retryable: false, status: 200 })
    expect(error.cause).toBeUndefined()
    expect(`${error.stack}${JSON.stringify(error)}`).not.toContain('secret')
    expect(fixture.requests).toHaveLength(1)
  })

  it('is not repeated when the request itself is wrong', async () => {
    fixture.faults.push(answer(413, 'large'), answer(200, '<html>', { 'content-type': 'text/html' }))
    await expect(clientOf().balance(fixture.ownerId)).rejects.toMatchObject({
      code: 'HTTP_413',
      retryable: false,
    })
    await expect(clientOf().balance(fixture.ownerId)).rejects.toMatchObject({
      code: 'REQUEST_FAILED',
      retryable: false,
    })
    expect(fixture.requests).toHaveLength(2)
  })

  it('of an injected fetch is judged by its codes and messages', async () => {
    const failures = [
      Object.assign(new Error('request failed'), { code: 'ECONNRESET' }),
      new Error('socket hang up'),
      new Error('Invalid response body: Premature close'),
    ]
    const client = createLedgerClient({
      url: fixture.url,
      retry: { baseDelayMs: 1 },
      fetch: (...request) => {
        const failure = failures.shift()
        return failure ? Promise.reject(failure) : fetch(...request)
      },
    })
    expect(await client.balance(fixture.ownerId)).toMatchObject({ amount: 0 })
    expect(failures).toHaveLength(0)
  })

  it('calls the function for headers each time it is repeated', async () => {
    fixture.faults.push(answer(503))
    let token = 0
    const headers = () => ({ authorization: `Bearer ${++token}` })
    await createLedgerClient({ url: fixture.url, headers, retry: { baseDelayMs: 1 } }).balance(
      fixture.ownerId,
    )
    expect(fixture.requests.map((request) => request.headers.authorization)).toEqual(['Bearer 1', 'Bearer 2'])
  })
})

describe('delayAfter', () => {
  const policy = { attempts: 5, baseDelayMs: 100, maxDelayMs: 300 }

  it('doubles, half at random, up to the longest wait', () => {
    for (const [attempt, longest] of [
      [1, 100],
      [2, 200],
      [3, 300],
      [4, 300],
    ] as const) {
      const delays = Array.from({ length: 50 }, () => delayAfter(attempt, policy, undefined) ?? Number.NaN)
      expect(Math.min(...delays)).toBeGreaterThanOrEqual(longest / 2)
      expect(Math.max(...delays)).toBeLessThanOrEqual(longest)
      expect(new Set(delays).size).toBeGreaterThan(1)
    }
    expect(delayAfter(5, policy, undefined)).toBeUndefined()
  })
})

describe('retryAfterMs', () => {
  it('reads seconds and dates', () => {
    expect(retryAfterMs('2')).toBe(2000)
    expect(retryAfterMs(new Date(Date.now() + 5000).toUTCString())).toBeGreaterThan(3000)
    expect(retryAfterMs(new Date(0).toUTCString())).toBe(0)
    expect(retryAfterMs('soon')).toBeUndefined()
    expect(retryAfterMs(null)).toBeUndefined()
  })
})
