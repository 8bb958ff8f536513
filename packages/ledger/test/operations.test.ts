import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import {
  createLedger,
  createPool,
  defineOperations,
  type Operations,
  sharedOperations,
  transferOperations,
} from '../src/index.ts'

/** Accepts what reaches defineOperations from callers that the compiler did not check. */
const unchecked = defineOperations as (operations: unknown) => Operations

describe('defineOperations', () => {
  test('returns the same list, frozen', () => {
    const operations = defineOperations({ ...sharedOperations, TIP: { amount: 7 } })
    expect(operations.TIP.amount).toBe(7)
    expect(Object.isFrozen(operations)).toBe(true)
  })

  test('names every shared operation that is missing', () => {
    expect(() => unchecked({ CREDIT_ADD: sharedOperations.CREDIT_ADD })).toThrow(
      /missing shared operation: DAILY_REWARD.*SIGNUP_CREDIT.*CREDIT_SPEND/s,
    )
  })

  test.each([
    ['a name in lower case', { tip: { amount: 1 } }, 'tip: a name is'],
    ['a name that is too long', { [`A${'B'.repeat(63)}`]: { amount: 1 } }, 'at most 63'],
    ['a fraction', { TIP: { amount: 1.5 } }, 'TIP: a fixed amount is a whole number'],
    ['an unsafe amount', { TIP: { amount: 2 ** 53 } }, 'TIP: a fixed amount'],
    ['a range through zero', { TIP: { amount: { min: -1, max: 1 } } }, 'TIP: a range has one sign'],
    ['a range from zero', { TIP: { amount: { min: 0, max: 1 } } }, 'TIP: a range has one sign'],
    ['a range upside down', { TIP: { amount: { min: 2, max: 1 } } }, 'min not above max'],
    ['a default outside', { TIP: { amount: { min: 1, max: 2, default: 3 } } }, 'TIP: the default'],
    [
      'a shared amount changed',
      { DAILY_REWARD: { ...sharedOperations.DAILY_REWARD, amount: 100 } },
      'DAILY_REWARD is shared',
    ],
    [
      'a shared description changed',
      { CREDIT_ADD: { ...sharedOperations.CREDIT_ADD, description: '' } },
      'CREDIT_ADD is shared',
    ],
    [
      'a shared operation that is retired',
      { CREDIT_ADD: { ...sharedOperations.CREDIT_ADD, retired: true } },
      'CREDIT_ADD is shared',
    ],
    [
      'a shared operation that is internal',
      { CREDIT_ADD: { ...sharedOperations.CREDIT_ADD, internal: true } },
      'CREDIT_ADD is shared',
    ],
    [
      'a shared operation that needs a scope',
      { CREDIT_ADD: { ...sharedOperations.CREDIT_ADD, scope: 'admin' } },
      'CREDIT_ADD is shared',
    ],
    [
      'a scope that there is not',
      { TIP: { amount: 1, scope: 'write' } },
      'TIP: a scope is one of read, post',
    ],
    [
      'an internal operation with a scope',
      { TIP: { amount: 1, internal: true, scope: 'admin' } },
      'TIP: an internal operation is posted by the app itself',
    ],
    [
      'an internal transfer',
      { TRANSFER_IN: { ...transferOperations.TRANSFER_IN, internal: true } },
      'TRANSFER_IN: the mutation transferCredits posts it',
    ],
  ])('refuses %s', (_what, own, message) => {
    expect(() => unchecked({ ...sharedOperations, ...own })).toThrow(message)
  })
})

test('an app whose wrong list got past the compiler does not start', async () => {
  const pool = createPool('postgresql://nobody@127.0.0.1:1/none')
  const operations = { CREDIT_ADD: sharedOperations.CREDIT_ADD } as unknown as Operations
  expect(() => createLedger({ app: 'content', operations, pool })).toThrow(
    'missing shared operation: CREDIT_SPEND',
  )
  await pool.end()
})

describe("the compiler's message", () => {
  test.each([
    ['all of them', 'TIP: { amount: 1 }', 'missing shared operation: DAILY_REWARD'],
    [
      'one of them',
      'DAILY_REWARD: sharedOperations.DAILY_REWARD, SIGNUP_CREDIT: sharedOperations.SIGNUP_CREDIT, CREDIT_SPEND: sharedOperations.CREDIT_SPEND',
      'missing shared operation: CREDIT_ADD',
    ],
    [
      'none, but changes one',
      '...sharedOperations, DAILY_REWARD: { ...sharedOperations.DAILY_REWARD, amount: 2 }',
      'shared operation changed by more than a narrower range, a limit or a lot: DAILY_REWARD',
    ],
  ])('names what is wrong with an app that leaves out %s', async (_what, list, message) => {
    const here = path.dirname(fileURLToPath(import.meta.url))
    const folder = await mkdtemp(path.join(here, '.compile-'))
    try {
      await writeFile(
        path.join(folder, 'operations.ts'),
        `import { defineOperations, sharedOperations } from '../../src/index.ts'\nvoid sharedOperations\nexport const operations = defineOperations({ ${list} })\n`,
      )
      await writeFile(
        path.join(folder, 'tsconfig.json'),
        JSON.stringify({ extends: '../../../../tsconfig.json', include: ['operations.ts'] }),
      )
      const output = await compile(folder)
      expect(output).toContain(message)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

/** Returns what the compiler prints about a folder with a tsconfig.json. */
function compile(folder: string): Promise<string> {
  const root = fileURLToPath(new URL('../../..', import.meta.url))
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc')
  return new Promise((resolve) => {
    execFile(process.execPath, [tsc, '-p', folder], (_error, stdout) => resolve(stdout))
  })
}
