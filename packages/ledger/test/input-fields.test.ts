import { expect, test } from 'vitest'
import { z } from 'zod'
import {
  amountSchema,
  idSchema,
  inputFieldsOf,
  nonceSchema,
  ownerIdSchema,
  positiveAmountSchema,
  textSchema,
} from '../src/index.ts'

test('a zod object describes the fields of an input', () => {
  const input = z.object({
    roundId: idSchema.describe('The id of the round.'),
    ownerId: ownerIdSchema,
    title: textSchema(2000).meta({ examples: ['First'] }),
    note: textSchema(10, { min: 0 }).describe('A note.').nullish(),
    amount: amountSchema,
    prize: positiveAmountSchema.optional().describe('What is won.'),
    odds: z.number(),
    open: z.boolean().nullable(),
    nonce: nonceSchema,
  })
  expect(inputFieldsOf(input)).toEqual([
    {
      name: 'roundId',
      type: 'id',
      required: true,
      description: 'The id of the round.',
      examples: ['1'],
    },
    {
      name: 'ownerId',
      type: 'string',
      required: true,
      description: "The account's owner: 1 to 255 characters, compared byte for byte.",
      examples: ['test_user'],
    },
    {
      name: 'title',
      type: 'string',
      required: true,
      description: '1 to 2,000 characters.',
      examples: ['First'],
    },
    { name: 'note', type: 'string', required: false, description: 'A note.', examples: undefined },
    {
      name: 'amount',
      type: 'integer',
      required: true,
      description: 'Credits, from 0.',
      examples: undefined,
    },
    {
      name: 'prize',
      type: 'integer',
      required: false,
      description: 'What is won.',
      examples: undefined,
    },
    { name: 'odds', type: 'number', required: true, description: undefined, examples: undefined },
    { name: 'open', type: 'boolean', required: false, description: undefined, examples: undefined },
    {
      name: 'nonce',
      type: 'string',
      required: true,
      description:
        'Your idempotency key, 1 to 255 characters. A request that is sent again with it is not posted twice.',
      examples: undefined,
    },
  ])
})

test.each([
  ['a list', z.array(z.string())],
  ['an object', z.object({})],
  ['a moment', z.date()],
])('%s is no field of an input', (_, shape) => {
  expect(() => inputFieldsOf(z.object({ odd: shape }))).toThrow(
    'odd is neither text, an id, a number nor true or false.',
  )
})

test('a field may be left out when its schema takes undefined or null', () => {
  const required = (shape: z.ZodType) =>
    inputFieldsOf(z.object({ field: shape })).map((field) => field.required)
  expect(required(z.string().default('x'))).toEqual([false])
  expect(required(z.string().prefault('x'))).toEqual([false])
  expect(required(z.string().nullable())).toEqual([false])
  expect(required(z.string().min(1))).toEqual([true])
})
