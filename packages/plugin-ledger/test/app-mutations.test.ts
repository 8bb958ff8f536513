import {
  defineRefusal,
  errorsOf,
  idSchema,
  nonceSchema,
  ownerIdSchema,
  type PostedEntry,
  positiveAmountSchema,
  textSchema,
  ValidationError,
} from '@shared-ledger/ledger'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import { graphql, isObjectType, printType } from 'graphql'
import { afterAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { postedFields } from '../src/index.ts'
import { anyone, createBuilder, openLedger, operations } from './build-schema.ts'

const RoundNotFoundError = defineRefusal('ROUND_NOT_FOUND', {
  status: 404,
  meaning: 'No round has this id.',
  message: (id: string) => `There is no round ${id}.`,
})

const winning = z
  .object({
    roundId: idSchema.describe('The id of the round.'),
    ownerId: ownerIdSchema.describe('Who wins.'),
    prize: positiveAmountSchema.nullish(),
    nonce: nonceSchema,
  })
  .describe('A round to win.')

const database = await createTestDatabase()
const ledger = openLedger(operations, database.url)
afterAll(async () => {
  await ledger.close()
  await database.drop()
})

const builder = createBuilder()
const ledgerTypes = builder.addLedger(ledger, { refusals: [RoundNotFoundError] })
const Won = builder.objectRef<PostedEntry & { readonly replayed: boolean }>('WonRound').implement({
  description: 'What was won.',
  fields: (t) => postedFields(t, ledgerTypes, ['entry', 'balance', 'replayed']),
})
const received: unknown[] = []
builder.addMutation('winRound', {
  description: 'Wins a round.',
  input: winning,
  type: Won,
  refusals: [...errorsOf(ledger.postEntry), RoundNotFoundError],
  access: { action: 'act', owner: ({ input }) => input.ownerId },
  async resolve(input) {
    received.push(input)
    if (input.roundId !== '1') throw new RoundNotFoundError(input.roundId)
    const { ownerId, prize, nonce } = input
    const posted = await ledger.postEntry({ ownerId, operation: 'CREDIT_ADD', amount: prize, nonce })
    if (!posted.ok) throw posted.error
    return { ...posted, replayed: false }
  },
})
const renamed: unknown[] = []
/** The owners' ids that the input's own code was given. */
const lowered: string[] = []
builder.addMutation('rename', {
  description: 'Gives an owner a name. Owners are the same in capitals.',
  input: z.object({
    ownerId: ownerIdSchema.transform((id) => {
      lowered.push(id)
      return id.toLowerCase()
    }),
    name: textSchema(5),
    title: textSchema(5).optional(),
    colour: textSchema(5).default('blue'),
    note: textSchema(5).nullable(),
  }),
  type: Won,
  access: { action: 'act', owner: ({ input }) => input.ownerId },
  resolve(input) {
    renamed.push(input)
    throw new ValidationError([{ field: 'ownerId', message: 'is enough for this test' }])
  },
})
const schema = builder.toSchema({ sortSchema: false })

async function rename(input: object, principal: object = anyone) {
  const source = `mutation ($input: RenameInput!) {
    rename(input: $input) { ... on ValidationError { errors { field } } }
  }`
  const { data, errors } = await graphql({
    schema,
    source,
    variableValues: { input },
    contextValue: { principal },
  })
  return errors ? errors[0]?.extensions.code : data?.rename
}

function win(input: object, principal: object = anyone) {
  const source = `mutation ($input: WinRoundInput!) {
    winRound(input: $input) {
      __typename
      ... on WonRound { entry { amount } balance { amount } replayed }
      ... on ValidationError { errors { field message } }
      ... on Error { code message }
    }
  }`
  return graphql({ schema, source, variableValues: { input }, contextValue: { principal } })
}

test('an app’s own mutation has an input type, and a union of its outcomes', () => {
  const print = (name: string) => printType(schema.getType(name) ?? expect.fail(name))
  expect(print('WinRoundInput')).toBe(`"""A round to win."""
input WinRoundInput {
  """The id of the round."""
  roundId: ID!

  """Who wins."""
  ownerId: String!

  """Credits, from 1."""
  prize: SafeInt

  """
  Your idempotency key, 1 to 255 characters. A request that is sent again with it is not posted twice.
  """
  nonce: String!
}`)
  expect(print('WinRoundResult')).toBe(`"""The result of \`winRound\`."""
union WinRoundResult = ValidationError | InsufficientBalanceError | DuplicateNonceError | DuplicateHoldError | BalanceOutOfRangeError | AccountStateError | LimitReachedError | RoundNotFoundError | WonRound`)
  expect(print('RoundNotFoundError')).toMatch(
    /^"""No round has this id."""\ntype RoundNotFoundError implements Error/,
  )
})

test('the type of an app’s own error tells REST its problem', () => {
  const type = schema.getType('RoundNotFoundError')
  expect(isObjectType(type) && type.extensions.problem).toEqual({
    code: 'ROUND_NOT_FOUND',
    status: 404,
    title: 'Round not found',
    meaning: 'No round has this id.',
  })
})

test('it posts, and returns what was posted', async () => {
  const input = { roundId: 1, ownerId: 'winner', prize: 3, nonce: 'n' }
  expect(await win(input)).toEqual({
    data: {
      winRound: { __typename: 'WonRound', entry: { amount: 3 }, balance: { amount: 3 }, replayed: false },
    },
  })
  expect(received.at(-1)).toEqual({ ...input, roundId: '1' })
})

test('input that breaks the schema’s rules does not reach it', async () => {
  const before = received.length
  const input = { roundId: '1', ownerId: '', prize: 0, nonce: 'a\0' }
  expect(await win(input)).toMatchObject({
    data: {
      winRound: {
        __typename: 'ValidationError',
        errors: [
          { field: 'ownerId', message: 'must be 1 to 255 characters long' },
          { field: 'prize', message: 'must be a whole number of credits from 1 to 9007199254740991' },
          { field: 'nonce', message: 'must not contain NUL' },
        ],
      },
    },
  })
  expect(received).toHaveLength(before)
})

test('an error that it throws to refuse is a member of the union', async () => {
  expect(await win({ roundId: '2', ownerId: 'winner', nonce: 'n2' })).toMatchObject({
    data: {
      winRound: {
        __typename: 'RoundNotFoundError',
        code: 'ROUND_NOT_FOUND',
        message: 'There is no round 2.',
      },
    },
  })
})

test('it does not run for a caller that may not use it', async () => {
  const before = received.length
  const input = { roundId: '1', ownerId: 'winner', nonce: 'n3' }
  const { errors } = await win(input, { name: 'other', owner: 'other' })
  expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN')
  expect(received).toHaveLength(before)
})

describe('access is judged by the input that the mutation gets', () => {
  const eve = { name: 'eve', owner: 'eve' }

  test('not by the one that was sent', async () => {
    renamed.length = 0
    expect(await rename({ ownerId: 'EVE', name: 'Eve' }, eve)).toEqual({ errors: [{ field: 'ownerId' }] })
    expect(renamed).toMatchObject([{ ownerId: 'eve' }])
    const capital = { name: 'EVE', owner: 'EVE' }
    expect(await rename({ ownerId: 'EVE', name: 'Eve' }, capital)).toBe('FORBIDDEN')
    expect(renamed).toHaveLength(1)
  })

  test('a caller who may not use the mutation is not told what is wrong with the input', async () => {
    renamed.length = 0
    const faulty = { ownerId: 'eve', name: '' }
    expect(await rename(faulty, eve)).toEqual({ errors: [{ field: 'name' }] })
    expect(await rename(faulty, { name: 'reader', scopes: ['read'] })).toBe('FORBIDDEN')
    expect(renamed).toEqual([])
  })

  test('and its own code does not run for somebody who may not use the mutation', async () => {
    lowered.length = 0
    const input = { ownerId: 'Eve', name: 'Eve' }
    expect(await rename(input, { name: 'reader', scopes: ['read'] })).toBe('FORBIDDEN')
    expect(lowered).toEqual([])
    await rename(input, eve)
    expect(lowered).toEqual(['Eve'])
  })
})

test('null and a field that is left out are the same, whichever of them the schema takes', async () => {
  renamed.length = 0
  const input = { ownerId: 'eve', name: 'Eve' }
  const read = { ...input, colour: 'blue', note: null }
  await rename(input)
  await rename({ ...input, title: null, colour: null, note: null })
  expect(renamed).toStrictEqual([read, read])
  expect(await rename({ ...input, name: 'Eve Eve' })).toEqual({ errors: [{ field: 'name' }] })
})
