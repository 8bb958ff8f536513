import { problem } from '@shared-ledger/rest'
import { afterEach, expect, test, vi } from 'vitest'
import { type Identify, startServer } from '../src/index.ts'
import { createTestApp, ledger } from './harness.ts'

afterEach(() => vi.unstubAllEnvs())

test.each(['UNAUTHENTICATED', 'FORBIDDEN'] as const)(
  'those who are told %s are counted, whichever way they ask',
  async (code) => {
    vi.stubEnv('PORT', '0')
    vi.stubEnv('METRICS_PORT', '0')
    const identify: Identify = () => problem(code)
    const { served, lines } = createTestApp({ identify })
    const { operations, load } = ledger
    const whole = { ...served, ledger: { ...served.ledger, operations, load } }
    const server = await startServer({ ...whole, port: 0, identify })
    try {
      const ask = (path: string, init?: RequestInit) => fetch(`${server.url}${path}`, init)
      const body = JSON.stringify({ query: '{ __typename }' })
      await ask('/graphql', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      await ask('/balance/ann')
      await ask('/docs')
      await ask('/livez')
      const { url } = lines.find(({ msg }) => msg === 'metrics') ?? {}
      const text = await (await fetch(String(url))).text()
      expect(text).toContain(`ledger_refused_requests_total{code="${code}",app="content"} 3\n`)
      expect(text.match(/^ledger_refused_requests_total\{/gm)).toHaveLength(1)
    } finally {
      await server.close()
    }
  },
)
