import { postingLogger } from '@shared-ledger/server'
import { expect, test } from 'vitest'
import { captureLog } from './capture-log.ts'

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
