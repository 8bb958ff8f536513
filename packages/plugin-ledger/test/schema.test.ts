import { readFile } from 'node:fs/promises'
import SchemaBuilder from '@pothos/core'
import {
  createLedger,
  createPool,
  defineOperations,
  maxCredits,
  sharedOperations,
  transferOperations,
} from '@shared-ledger/ledger'
import {
  findBreakingChanges,
  GraphQLEnumType,
  GraphQLScalarType,
  graphql,
  isInputObjectType,
  buildSchema as parseSchema,
  printSchema,
} from 'graphql'
import { DateTimeResolver } from 'graphql-scalars'
import { describe, expect, test } from 'vitest'
import { fullOperations } from '../../../scripts/contract-schema.ts'
import LedgerPlugin, { type LedgerScalars, ledgerPlugins, relayOptions } from '../src/index.ts'
import {
  allOperations,
  anyone,
  buildSchema,
  createBuilder,
  openLedger,
  operations,
  prisma,
} from './build-schema.ts'

const printed = (file: string) => readFile(new URL(file, import.meta.url), 'utf8')
const contract = parseSchema(await printed('../../../schema.graphql'))
const shared = defineOperations(sharedOperations)

const valuesOf = (schema: ReturnType<typeof buildSchema>, name = 'LedgerOperation') => {
  const type = schema.getType(name)
  return type instanceof GraphQLEnumType ? type.getValues().map((value) => value.name) : []
}

describe("an app's graph", () => {
  test('with the shared operations and without subscriptions equals the contract', () => {
    const builder = createBuilder()
    builder.addLedger(openLedger(shared))
    expect(`${printSchema(builder.toSchema({ sortSchema: false }))}\n`).toBe(`${printSchema(contract)}\n`)
  })

  test('with its own operations is a superset of the contract', () => {
    expect(findBreakingChanges(contract, buildSchema(openLedger(operations)))).toEqual([])
  })

  test('is not a superset when a shared operation is missing', () => {
    const poorer = parseSchema(
      printSchema(buildSchema(openLedger(operations))).replace(/""".*?"""\s+DAILY_REWARD\n/, ''),
    )
    expect(findBreakingChanges(contract, poorer).map(({ description }) => description)).toEqual([
      'DAILY_REWARD was removed from enum type LedgerOperation.',
    ])
  })

  test('has the shared operations first, then its own, in any order of the app', () => {
    const { CREDIT_ADD, ...others } = sharedOperations
    const ledger = openLedger(
      defineOperations({ OWN_FIRST: { amount: 1 }, ...others, OWN_LAST: { amount: 1 }, CREDIT_ADD }),
    )
    expect(valuesOf(buildSchema(ledger))).toEqual([...Object.keys(sharedOperations), 'OWN_FIRST', 'OWN_LAST'])
  })

  test('describes its operations', () => {
    const type = buildSchema(openLedger(operations)).getType('LedgerOperation')
    expect(type instanceof GraphQLEnumType && type.getValue('CONTENT_CREATION')?.description).toBe(
      operations.CONTENT_CREATION.description,
    )
  })

  test.each([
    ['TAKES', -2, 'Takes 2 credits from the owner.'],
    ['TAKES_ONE', -1, 'Takes 1 credit from the owner.'],
    ['GIVES', { min: 1, max: 100 }, 'Gives 1 to 100 credits to the owner.'],
    ['GIVES_ANY', { min: 5, max: maxCredits }, 'Gives 5 or more credits to the owner.'],
    ['RECORDS', 0, 'Moves no credits, but is on record.'],
  ] as const)('describes %s, which the app does not, by its amount', (name, amount, description) => {
    const type = buildSchema(openLedger({ ...sharedOperations, [name]: { amount } })).getType(
      'LedgerOperation',
    )
    expect(type instanceof GraphQLEnumType && type.getValue(name)?.description).toBe(description)
  })

  test("keeps the app's descriptions of types that others extend", () => {
    const builder = createBuilder()
    builder.queryType({ description: 'What the game can tell.' })
    builder.addLedger(openLedger(operations))
    const schema = builder.toSchema()
    expect(schema.getQueryType()?.description).toBe('What the game can tell.')
    expect(schema.getMutationType()?.description).toContain('What can be done.')
  })

  test('has a retired operation in filters and answers, but in no input', () => {
    const retiring = defineOperations({
      ...operations,
      CONTENT_CREATION: { ...operations.CONTENT_CREATION, retired: true },
    })
    const schema = buildSchema(openLedger(retiring))
    expect(valuesOf(schema)).toEqual(Object.keys(operations))
    expect(valuesOf(schema, 'LedgerPostOperation')).toEqual(
      Object.keys(operations).filter((name) => name !== 'CONTENT_CREATION'),
    )
    const inputs = Object.values(schema.getTypeMap()).filter((type) => isInputObjectType(type))
    const named = inputs.flatMap((type) =>
      Object.values(type.getFields()).filter((field) => String(field.type).includes('LedgerOperation')),
    )
    expect(named).toEqual([])
  })

  test('has no transfers when they are retired', () => {
    const { TRANSFER_OUT } = transferOperations
    const retiring = defineOperations({
      ...sharedOperations,
      ...transferOperations,
      TRANSFER_OUT: { ...TRANSFER_OUT, retired: true },
    })
    const schema = buildSchema(openLedger(retiring))
    expect(schema.getMutationType()?.getFields()).not.toHaveProperty('transferCredits')
    expect(valuesOf(schema)).toContain('TRANSFER_OUT')
  })

  test('can be built twice from one builder', () => {
    const builder = createBuilder()
    builder.addLedger(openLedger(operations))
    expect(printSchema(builder.toSchema())).toBe(printSchema(builder.toSchema()))
  })

  test("keeps the app's own scalar with the same name", () => {
    const builder = createBuilder()
    const description = "The app's own."
    builder.addScalarType('DateTime', new GraphQLScalarType({ ...DateTimeResolver.toConfig(), description }))
    builder.addLedger(openLedger(operations))
    expect(builder.toSchema().getType('DateTime')?.description).toBe(description)
  })
})

describe('the parts that need more than a ledger', () => {
  const full = buildSchema(openLedger(defineOperations({ ...sharedOperations, ...transferOperations })))

  test('are printed with all the rest', async () => {
    const pool = createPool('postgresql://nobody@127.0.0.1:1/none')
    const all = buildSchema(createLedger({ app: 'contract', operations: fullOperations, pool }))
    expect(`${printSchema(all)}\n`).toBe(await printed('../schema.graphql'))
    expect(findBreakingChanges(contract, full)).toEqual([])
    expect(findBreakingChanges(full, all)).toEqual([])
  })

  test('transfers come with their operations', () => {
    const schema = buildSchema(openLedger(shared))
    expect(schema.getMutationType()?.getFields()).not.toHaveProperty('transferCredits')
    expect(schema.getMutationType()?.getFields()).toHaveProperty('postLedgerTransaction')
    expect(full.getMutationType()?.getFields()).toHaveProperty('transferCredits')
  })

  test('are the same whatever the builder takes a field without `nullable` for', () => {
    const builder = new SchemaBuilder<{ Scalars: LedgerScalars; DefaultFieldNullability: false }>({
      plugins: [...ledgerPlugins],
      relay: relayOptions,
      defaultFieldNullability: false,
      prisma,
    })
    builder.subscriptionType()
    builder.addLedger(openLedger(allOperations))
    expect(printSchema(builder.toSchema({ sortSchema: false }))).toBe(printSchema(full))
  })

  test('join the root types that the builder has', () => {
    const builder = createBuilder()
    builder.queryType({ description: 'What players read.' })
    builder.mutationType({ description: 'What players do.' })
    builder.addLedger(openLedger(shared))
    const schema = builder.toSchema()
    expect(schema.getQueryType()).toMatchObject({ description: 'What players read.' })
    expect(schema.getQueryType()?.getFields()).toHaveProperty('balance')
    expect(schema.getMutationType()).toMatchObject({ description: 'What players do.' })
    expect(schema.getMutationType()?.getFields()).toHaveProperty('postLedgerEntry')
  })

  test('live entries come with a subscription type', () => {
    const builder = createBuilder()
    builder.addLedger(openLedger(shared))
    expect(builder.toSchema().getSubscriptionType()).toBeUndefined()
    expect(full.getSubscriptionType()?.getFields()).toHaveProperty('ledgerEntryPosted')
  })
})

test('a column of type BigInt is a SafeInt', async () => {
  const builder = createBuilder()
  builder.addLedger(openLedger(shared))
  builder.queryField('price', (t) =>
    t.field({
      type: 'SafeInt',
      args: { credits: t.arg.string({ required: true }) },
      access: { action: 'open', owner: 'any' },
      resolve: (_root, { credits }) => BigInt(credits),
    }),
  )
  const price = (credits: string) =>
    graphql({
      schema: builder.toSchema(),
      source: `{ price(credits: "${credits}") }`,
      contextValue: { principal: anyone },
    })
  expect(await price(String(maxCredits))).toEqual({ data: { price: maxCredits } })
  expect(await price('9007199254740993')).toMatchObject({
    data: { price: null },
    errors: [{ message: expect.stringContaining('unsafe integer') }],
  })
})

test('two apps in one program do not mix', () => {
  const one = buildSchema(openLedger(operations))
  const two = buildSchema(openLedger(defineOperations({ ...sharedOperations, TIP: { amount: 1 } })))
  expect(valuesOf(one)).not.toContain('TIP')
  expect(valuesOf(two)).not.toContain('CONTENT_CREATION')
})

test('a builder without the needed plugins gets a message with how to add them', () => {
  const builder = new SchemaBuilder<{ Scalars: LedgerScalars }>({ plugins: [LedgerPlugin], prisma })
  expect(() => builder.addLedger(openLedger(operations))).toThrow(
    'addLedger needs the plugins errors and relay: make the builder with plugins: [...ledgerPlugins]',
  )
})
