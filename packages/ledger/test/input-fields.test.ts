import { expect, test } from 'vitest'
import { z } from 'zod'
import {
  amountSchema,
  idSchema,
  inputFieldsOf,
  inputReader,
  nonceSchema,
  ownerIdSchema,
  positiveAmountSchema,
  textSchema,
} from '../src/index.ts'

const taking = (...gaps: readonly ('null' | 'undefined')[]) => ({
  takesNull: gaps.includes('null'),
  takesUndefined: gaps.includes('undefined'),
})

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
      ...taking(),
      description: 'The id of the round.',
      examples: ['1'],
    },
    {
      name: 'ownerId',
      type: 'string',
      required: true,
      ...taking(),
      description: "The account's owner: 1 to 255 characters, compared byte for byte.",
      examples: ['test_user'],
    },
    {
      name: 'title',
      type: 'string',
      required: true,
      ...taking(),
      description: '1 to 2,000 characters.',
      examples: ['First'],
    },
    {
      name: 'note',
      type: 'string',
      required: false,
      ...taking('null', 'undefined'),
      description: 'A note.',
      examples: undefined,
    },
    {
      name: 'amount',
      type: 'integer',
      required: true,
      ...taking(),
      description: 'Credits, from 0.',
      examples: undefined,
    },
    {
      name: 'prize',
      type: 'integer',
      required: false,
      ...taking('undefined'),
      description: 'What is won.',
      examples: undefined,
    },
    {
      name: 'odds',
      type: 'number',
      required: true,
      ...taking(),
      description: undefined,
      examples: undefined,
    },
    {
      name: 'open',
      type: 'boolean',
      required: false,
      ...taking('null'),
      description: undefined,
      examples: undefined,
    },
    {
      name: 'nonce',
      type: 'string',
      required: true,
      ...taking(),
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

/** Returns whether a field's schema takes null, and whether it takes undefined. */
function gapsOf(shape: z.ZodType) {
  const [field] = inputFieldsOf(z.object({ field: shape }))
  return [field?.takesNull, field?.takesUndefined]
}

test.each([
  ['string', z.string().min(1), [false, false]],
  ['default', z.string().default('x'), [false, true]],
  ['prefault', z.string().prefault('x'), [false, true]],
  ['optional', z.string().optional(), [false, true]],
  ['readonly optional', z.string().optional().readonly(), [false, true]],
  ['nullable', z.string().nullable(), [true, false]],
  ['nullish', z.string().nullish(), [true, true]],
  ['nullable with a default', z.string().nullable().default(null), [true, true]],
  ['optional, then required', z.string().nullable().optional().nonoptional(), [true, false]],
  ['nullable, then a transform', z.string().nullable().transform(Boolean), [true, false]],
  ['a transform, then optional', z.string().transform(Number).optional(), [false, true]],
  ['catch', z.string().catch('x'), [true, true]],
])('a field may be left out when its schema takes undefined or null: %s', (_, shape, gaps) => {
  expect(gapsOf(shape)).toEqual(gaps)
  expect(inputFieldsOf(z.object({ field: shape }))).toMatchObject([
    { type: 'string', required: !gaps.includes(true) },
  ])
})

test('what a schema takes is found without its own code, which is never given what no caller sends', () => {
  const given: unknown[] = []
  const colour = z
    .string()
    .nullish()
    .refine(async (value) => given.push(value))
    .transform((value) => given.push(value))
  expect(gapsOf(colour)).toEqual([true, true])
  inputReader(z.object({ colour }))
  expect(given).toEqual([])
})

test('the description nearest to the outside is a field’s', () => {
  const described = (shape: z.ZodType) => inputFieldsOf(z.object({ shape })).map((field) => field.description)
  expect(described(z.string().describe('Inner.').nullable().default('x'))).toEqual(['Inner.'])
  expect(described(z.string().describe('Inner.').nullable().describe('Outer.').optional())).toEqual([
    'Outer.',
  ])
  expect(described(idSchema.describe('Inner.').transform(Number))).toEqual(['Inner.'])
})
