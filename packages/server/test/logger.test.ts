import { postingLogger } from '@shared-ledger/server'
import { afterEach, expect, test, vi } from 'vitest'
import { captureLog } from './capture-log.ts'

afterEach(() => vi.unstubAllEnvs())

test('the level is info when LOG_LEVEL is not set or wrong', () => {
  for (const level of ['', 'loud']) {
    vi.stubEnv('LOG_LEVEL', level)
    expect(captureLog('notes').logger.level).toBe('info')
  }
})

test.each(['warn', 'debug', 'silent'])('LOG_LEVEL=%s is a level', (level) => {
  vi.stubEnv('LOG_LEVEL', level)
  expect(captureLog('notes').logger.level).toBe(level)
})

test('a posting is one line', () => {
  const { logger, lines } = captureLog('notes')
  const log = postingLogger(logger)
  log({ app: 'notes', ownerId: 'ann', operation: 'CREDIT_ADD', amount: 10, outcome: 'posted' })
  log({
    app: 'notes',
    ownerId: 'x'.repeat(1_000_000),
    operation: 'CREDIT_ADD',
    amount: null,
    outcome: 'VALIDATION_ERROR',
  })
  expect(lines).toMatchObject([
    { app: 'notes', ownerId: 'ann', operation: 'CREDIT_ADD', amount: 10, outcome: 'posted', msg: 'posting' },
    { ownerId: 'x'.repeat(256), amount: null },
  ])
})
