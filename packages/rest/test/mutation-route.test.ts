import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { idSchema, nonceSchema, ownerIdSchema, positiveAmountSchema } from '@shared-ledger/ledger'
import { parse } from 'graphql'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { defineMutationRoute, rowReader, shapes } from '../src/index.ts'
import { requestOf } from '../src/mutation-input.ts'

const winning = z.object({
  roundId: idSchema.describe('The id of the round.'),
  ownerId: ownerIdSchema,
  prizeMoney: positiveAmountSchema.optional(),
  nonce: nonceSchema,
})

type Result = { readonly id: string; readonly replayed: boolean }

const document: TypedDocumentNode<{ result: Result }, { input: z.input<typeof winning> }> = parse(
  'mutation RestWinRound($input: WinRoundInput!) { result: winRound(input: $input) { id replayed } }',
)

const route = (path: `/${string}`) =>
  defineMutationRoute({
    path,
    summary: 'Win a round',
    input: winning,
    document,
    success: { status: 200, body: z.object({ id: z.int() }) },
    answer: ({ id }) => ({ id: Number(id) }),
  })

describe('a mutation’s route', () => {
  const { method, operationId, request, takesNonce } = route('/rounds/{round_id}/win')

  test('is named after the mutation, and posts', () => {
    expect({ method, operationId, takesNonce }).toEqual({
      method: 'post',
      operationId: 'winRound',
      takesNonce: true,
    })
  })

  test('takes some fields from the path, and the other fields of the input from the body', () => {
    const json = (shape: z.ZodType | undefined) => shape && z.toJSONSchema(shape, { io: 'input' })
    expect(json(request.params)).toMatchObject({
      properties: { round_id: { type: 'string', description: 'The id of the round.', examples: ['1'] } },
      required: ['round_id'],
    })
    expect(json(request.body)).toMatchObject({
      properties: {
        owner_id: { type: 'string', examples: ['test_user'] },
        prize_money: { anyOf: [{ type: 'integer', description: 'Credits, from 1.' }, { type: 'null' }] },
        nonce: { type: 'string', examples: [shapes.exampleNonce] },
      },
      required: ['owner_id', 'nonce'],
    })
  })

  test.each([true, false])(
    'puts the input together for the graph, and says whether it is a replay: %s',
    async (replayed) => {
      const asked: unknown[] = []
      const run = async <Data>(_: unknown, variables: unknown) => {
        asked.push(variables)
        return { result: { id: '7', replayed } } as Data
      }
      const { status, headers, body, outcome } = await route('/rounds/{round_id}/win').answer(
        {
          params: { round_id: '7' },
          query: [],
          body: { owner_id: 'eve', prize_money: 3, nonce: 'n' },
          underIdempotencyKey: false,
        },
        run,
      )
      expect(asked).toEqual([{ input: { roundId: '7', ownerId: 'eve', prizeMoney: 3, nonce: 'n' } }])
      expect({ status, body, outcome }).toEqual({
        status: 200,
        body: { id: 7 },
        outcome: replayed ? 'replayed' : 'ok',
      })
      expect(headers['idempotency-replayed']).toBe(replayed ? 'true' : undefined)
    },
  )

  test.each([{}, { prize_money: null }])('passes on null and a field that is left out: %j', async (prize) => {
    const asked: unknown[] = []
    const run = async <Data>(_: unknown, variables: unknown) => {
      asked.push(variables)
      return { result: { id: '7', replayed: false } } as Data
    }
    const body = { owner_id: 'eve', nonce: 'n', ...prize }
    const request = { params: { round_id: '7' }, query: [], body, underIdempotencyKey: false }
    expect(await route('/rounds/{round_id}/win').answer(request, run)).toMatchObject({ status: 200 })
    expect(asked).toEqual([
      { input: { roundId: '7', ownerId: 'eve', nonce: 'n', prizeMoney: prize.prize_money } },
    ])
  })

  test('whose path names an unknown field of the input is refused with the known ones', () => {
    expect(() => route('/rounds/{game_id}/win')).toThrow(
      'The path /rounds/{game_id}/win has {game_id}, which is not in the input. The input has round_id, owner_id, prize_money, nonce.',
    )
  })

  test.each([
    ['integer', z.int()],
    ['number', z.number()],
    ['boolean', z.boolean()],
  ])('whose path names a field of the type %s is refused, because a path is text', (type, level) => {
    expect(() => requestOf('/levels/{level}', z.object({ level }))).toThrow(
      new TypeError(
        `The path /levels/{level} has {level}, whose type is ${type}. A path is text: name a string or an id there, or take the field from the body.`,
      ),
    )
  })

  test('does not compile when its input differs from its document’s', () => {
    const other: TypedDocumentNode<{ result: Result }, { input: { roundId: string; ownerName: string } }> =
      parse('mutation Other($input: OtherInput!) { result: other(input: $input) { id } }')
    defineMutationRoute({
      path: '/others',
      summary: 'Other',
      input: winning,
      // @ts-expect-error the graph wants ownerName, which the schema does not have
      document: other,
      success: { status: 200, body: z.object({ id: z.int() }) },
      answer: ({ id }: Result) => ({ id: Number(id) }),
    })
  })
})

test('a row of the graph is converted to REST', () => {
  const round = z.object({ id: z.int(), owner_id: z.string(), won_on: shapes.createdOn.nullable() })
  const read = rowReader(round)
  expectTypeOf(read).parameter(0).toEqualTypeOf<{
    readonly id: string | number
    readonly ownerId: string
    readonly wonOn: Date | null
  }>()
  expect(read({ id: '7', ownerId: 'eve', wonOn: null })).toEqual({ id: 7, owner_id: 'eve', won_on: null })
  // @ts-expect-error a field is missing
  expect(read({ id: '7', ownerId: 'eve' })).toEqual({ id: 7, owner_id: 'eve', won_on: undefined })
})

test('a digit after an underscore belongs to the graph’s name too', () => {
  const read = rowReader(z.object({ line_2: z.string() }))
  expectTypeOf(read).parameter(0).toEqualTypeOf<{ readonly line2: string }>()
  expect(read({ line2: 'Flat 4' })).toEqual({ line_2: 'Flat 4' })
})
