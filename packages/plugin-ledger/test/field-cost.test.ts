import { isObjectType } from 'graphql'
import { expect, test } from 'vitest'
import { createBuilder, openLedger, operations } from './build-schema.ts'

/** Builds a schema with some of an app's own fields, and returns what its fields say about their cost. */
function costsOf() {
  const builder = createBuilder()
  const { LedgerEntry } = builder.addLedger(openLedger(operations))
  const Round = builder.objectRef<{ entry: typeof LedgerEntry.$inferType }>('Round').implement({
    fields: (t) => ({
      atHand: t.expose('entry', { type: LedgerEntry }),
      dearer: t.expose('entry', { type: LedgerEntry, cost: { weight: 7 } }),
      lookedUp: t.field({ type: LedgerEntry, resolve: ({ entry }) => entry }),
    }),
  })
  builder.queryField('rounds', (t) =>
    t.field({
      type: [Round],
      args: { days: t.arg.int({ required: true }) },
      access: { action: 'open', owner: 'any' },
      cost: { argumentWeights: { days: 3 }, size: ({ days }) => 24 * days },
      resolve: () => [],
    }),
  )
  const schema = builder.toSchema()
  return (typeName: string, fieldName: string) => {
    const type = schema.getType(typeName)
    return isObjectType(type) ? type.getFields()[fieldName]?.extensions.cost : undefined
  }
}

test('a field has the cost that its author gives it, and a field without work weighs nothing', () => {
  const cost = costsOf()
  expect(cost('Round', 'atHand')).toEqual({ weight: 0 })
  expect(cost('Round', 'dearer')).toEqual({ weight: 7 })
  expect(cost('Round', 'lookedUp')).toBeUndefined()
  expect(cost('Query', 'rounds')).toEqual({ argumentWeights: { days: 3 }, size: expect.any(Function) })
})
