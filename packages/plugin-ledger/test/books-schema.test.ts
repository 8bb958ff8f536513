import { readFile } from 'node:fs/promises'
import { createLedger, createPool, defineOperations, sharedOperations } from '@shared-ledger/ledger'
import {
  findBreakingChanges,
  type GraphQLSchema,
  graphql,
  isEnumType,
  isInputObjectType,
  isObjectType,
  parse,
  buildSchema as parseSchema,
  validate,
} from 'graphql'
import { describe, expect, test } from 'vitest'
import { undescribed } from '../../../scripts/undescribed.ts'
import { anyone, buildSchema } from './build-schema.ts'
import { arcadeOperations, bankOperations } from './open-books.ts'

/** Returns every part of a graph that speaks of books, such as `Query.balance(book)`. */
function partsOfBooks(schema: GraphQLSchema): string[] {
  return Object.values(schema.getTypeMap()).flatMap((type): string[] => {
    if (isInputObjectType(type)) {
      return Object.values(type.getFields()).flatMap(({ name }) =>
        name === 'book' ? [`${type}.${name}`] : [],
      )
    }
    if (!isObjectType(type)) return type.name === 'LedgerBook' ? [type.name] : []
    return Object.values(type.getFields()).flatMap(({ name, args }) => [
      ...(name === 'book' ? [`${type}.${name}`] : []),
      ...args.flatMap((arg) => (arg.name === 'book' ? [`${type}.${name}(${arg.name})`] : [])),
    ])
  })
}

const pool = createPool('postgresql://nobody@127.0.0.1:1/none')
const bank = buildSchema(createLedger({ app: 'bank', operations: bankOperations, pool }))
const arcade = buildSchema(createLedger({ app: 'arcade', operations: arcadeOperations, pool }))
const host = buildSchema(createLedger({ app: 'host', operations: defineOperations(sharedOperations), pool }))

describe('the graph', () => {
  test('of an app with several books has the enum of its books, and an argument or a field wherever it matters', () => {
    expect(partsOfBooks(bank).sort()).toEqual(
      [
        ...['LedgerBook', 'SetOverdraftInput.book', 'LedgerOperationInfo.book'],
        ...[
          'LedgerAccount',
          'LedgerBalance',
          'LedgerEntry',
          'LedgerHold',
          'LedgerOtherAppsEntry',
          'LedgerTotals',
        ].map((type) => `${type}.book`),
        ...['balance', 'ledgerEntryByNonce', 'ledgerEntries', 'accountEntries', 'ledgerHolds'].map(
          (field) => `Query.${field}(book)`,
        ),
        ...['Query.ledgerSummary(book)', 'Query.ledgerAccounts(book)'],
        ...['Query.ledgerTotals(book)', 'Query.ledgerOutstanding(book)'],
        'Subscription.ledgerEntryPosted(book)',
      ].sort(),
    )
  })

  test('of an app with one book has none of it, also if other apps share the book', () => {
    expect(partsOfBooks(host)).toEqual([])
  })

  test('has the own book first, and describes each', () => {
    const values = (schema: GraphQLSchema) => {
      const type = schema.getType('LedgerBook')
      return isEnumType(type) ? type.getValues().map(({ name, description }) => [name, description]) : []
    }
    const own = "The app's own book, for every operation that names no other."
    expect(values(bank)).toEqual([
      ['BANK', own],
      ['GEMS', 'The book of GEM_GRANT, GEM_SPEND.'],
      ['COINS', 'The book of COIN_ADD, COIN_SPEND, COINS_FROZEN.'],
    ])
    expect(values(arcade)).toEqual([
      ['ARCADE', own],
      ['COINS', 'The book of PLAY, PRIZE, COINS_FROZEN.'],
    ])
    for (const schema of [bank, arcade, host]) expect(undescribed(schema)).toEqual([])
  })

  test('of every app is a superset of the contract', async () => {
    const contract = parseSchema(await readFile(new URL('../../../schema.graphql', import.meta.url), 'utf8'))
    for (const schema of [bank, arcade, host]) {
      expect(findBreakingChanges(contract, schema)).toEqual([])
    }
  })

  test('says of each operation in which book it is', async () => {
    const source = '{ ledgerOperations { name book } }'
    const { data } = JSON.parse(
      JSON.stringify(await graphql({ schema: arcade, source, contextValue: { principal: anyone } })),
    )
    expect(data.ledgerOperations.slice(3)).toEqual([
      { name: 'CREDIT_ADD', book: 'ARCADE' },
      { name: 'PLAY', book: 'COINS' },
      { name: 'PRIZE', book: 'COINS' },
      { name: 'COINS_FROZEN', book: 'COINS' },
    ])
    const type = bank.getType('LedgerPostOperation')
    const described = (name: string) => isEnumType(type) && type.getValue(name)?.description
    expect(described('GEM_GRANT')).toBe('Gems for a level. In the book gems.')
    expect(described('COIN_ADD')).toBe('Gives 1 to 1000 credits to the owner. In the book coins.')
    expect(described('CREDIT_ADD')).toBe('Credits that an owner gets, such as by buying them.')
  })

  test.each(['"gems"', 'gems', 'HOST', '7', '[GEMS, COINS]'])(
    'takes no other value for a book: %s',
    (book) => {
      const refusals = validate(bank, parse(`{ balance(ownerId: "ann", book: ${book}) { amount } }`))
      expect(refusals.map(({ message }) => message)).toEqual([expect.stringContaining('"LedgerBook"')])
    },
  )
})

test('a page of an account has the cost of a page of entries', () => {
  const fields = bank.getQueryType()?.getFields()
  expect(fields?.accountEntries?.extensions.cost).toEqual({ weight: 500 })
})
