import { createLogger } from '@shared-ledger/server'
import { expect, test } from 'vitest'
import { surviveFaults } from '../../packages/server/src/survive-faults.ts'
import { faultLines } from '../servers/app-server.ts'

test('a fault of a server itself is recognised in its log, and an absent database does not count as one', () => {
  const lines: string[] = []
  const logger = createLogger('content', { write: (line) => lines.push(line) })
  logger.error({ err: new Error('broken') }, 'fault')
  const [rejections, exceptions] = [
    process.listeners('unhandledRejection'),
    process.listeners('uncaughtException'),
  ]
  surviveFaults(logger, () => {})
  for (const listener of process.listeners('unhandledRejection')) {
    if (rejections.includes(listener)) continue
    listener(new Error('nobody handles it'), Promise.resolve())
    process.off('unhandledRejection', listener)
  }
  for (const listener of process.listeners('uncaughtException')) {
    if (exceptions.includes(listener)) continue
    listener(new Error('nobody catches it'), 'uncaughtException')
    process.off('uncaughtException', listener)
  }
  expect(lines).toHaveLength(3)
  for (const line of lines) expect(line).toMatch(faultLines)
  logger.warn({ outcome: 'DATABASE_UNAVAILABLE' }, 'request')
  expect(lines.at(-1)).not.toMatch(faultLines)
})
