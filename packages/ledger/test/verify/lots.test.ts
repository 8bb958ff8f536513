import { describe, expect, test } from 'vitest'
import { verifyLedger } from '../../src/verify/verify.ts'
import { lotBreakages } from './lot-breakages.ts'
import { seedLots } from './lots-seed.ts'
import { intruder, sql } from './seed.ts'

test('correct lots pass, in each book of their app', async () => {
  const { app } = await seedLots()
  expect((await verifyLedger(sql, { apps: [app] })).broken).toEqual([])
})

describe('verify names the row of', () => {
  test.each(lotBreakages)('%s', async (_name, question, statement, values, row) => {
    const seeded = await seedLots()
    const { rowCount } = await intruder.query(statement, [...values(seeded)])
    expect(rowCount).toBeGreaterThan(0)
    const { broken } = await verifyLedger(sql, { apps: [seeded.app] })
    const answer = broken.find((answer) => answer.question === question)
    expect(answer?.rows).toContainEqual(expect.objectContaining(row(seeded)))
  })
})
