import { z } from 'zod'
import type { LedgerMetadata } from './entry.ts'
import { ValidationError } from './errors.ts'
import { limits } from './limits.ts'
import { maxCredits } from './operations/amount.ts'
import type { Books, Operations } from './operations/operations.ts'

/** How many characters of a metadata key an error shows. Callers choose keys, which may have any length. */
const maxFieldName = 100

/** A text that PostgreSQL can store. It is compared byte by byte and never trimmed. */
const text = z
  .string('must be a string')
  .refine((value) => value.isWellFormed(), { error: 'must be well-formed Unicode', abort: true })
  .refine((value) => !value.includes('\0'), 'must not contain NUL')

/**
 * A text of `min` (1 by default) to `maxCodePoints` code points of well-formed Unicode without NUL. It is never
 * trimmed.
 */
export function textSchema(
  maxCodePoints: number,
  { min = 1 }: { min?: 0 | 1 } = {},
): z.ZodType<string, string> {
  const length = text.refine(
    // A code point takes at most two UTF-16 units, so a very long string is refused without being counted.
    (value) => value.length >= min && value.length <= 2 * maxCodePoints && [...value].length <= maxCodePoints,
    `must be ${min} to ${maxCodePoints} characters long`,
  )
  return length.meta({ description: `${min} to ${maxCodePoints.toLocaleString('en')} characters.` })
}

const identifier = textSchema(limits.idCharacters)

/** The owner of an account: 1 to 255 code points of well-formed Unicode without NUL. */
export const ownerIdSchema = identifier.meta({
  description: `The account's owner: 1 to ${limits.idCharacters} characters, compared byte for byte.`,
  examples: ['test_user'],
})

/** Returns the schema of a book. The app's own, which is the first, when it is left out. */
export function bookSchema(books: Books) {
  return z
    .enum(books, `must be one of ${books.join(', ')}`)
    .nullish()
    .transform((book) => book ?? books[0])
}

/** An idempotency key, unique per app and account: 1 to 255 code points of well-formed Unicode without NUL. */
export const nonceSchema = identifier.meta({
  description: `Your idempotency key, 1 to ${limits.idCharacters} characters. A request that is sent again with it is not posted twice.`,
})

/** The beginning of an owner's id: up to 255 code points. */
export const ownerPrefixSchema = textSchema(limits.idCharacters, { min: 0 })

/**
 * The id of an entry, a transaction or a hold, or of an app's own row. Any text is accepted, and an unknown id is not
 * found.
 */
export const idSchema = z.string('must be an id').meta({ format: 'id', examples: ['1'] })

/** A whole number of a unit, such as credits. */
export function countSchema(unit: string, [min, max]: readonly [number, number]): z.ZodType<number, number> {
  const message = `must be a whole number of ${unit} from ${min} to ${max}`
  const whole = z
    .number(message)
    .refine((count) => Number.isInteger(count) && count >= min && count <= max, message)
  return whole.meta({ type: 'integer' })
}

/** A number of credits, >= 0. The operation gives the sign. */
export const amountSchema = countSchema('credits', [0, maxCredits]).describe('Credits, from 0.')

/** A number of credits, >= 1. */
export const positiveAmountSchema = countSchema('credits', [1, maxCredits]).describe('Credits, from 1.')

/** A switch that is off when left out. */
export const flagSchema = z
  .boolean('must be true or false')
  .nullish()
  .transform((flag) => flag ?? false)

/** Names of an app's operations. */
export function operationsSchema(operations: Operations) {
  const names = Object.keys(operations)
  return z.array(z.enum(names, `must be one of ${names.join(', ')}`), 'must be a list of operations')
}

/** A moment between the years 1970 and 9999. */
export const momentSchema = z
  .date('must be a moment, such as 2026-11-21T10:15:30.000Z')
  .min(new Date(0), 'must not be before 1970')
  .max(new Date('9999-12-31T23:59:59.999Z'), 'must not be after 9999')

/** One key of metadata, and its value. */
export const metadataPairSchema = z.object({ key: text, value: text }, 'must be { key, value }')

/** A flat object of strings, at most 20 keys and 4 KiB of UTF-8 in keys and values together. */
export const metadataSchema = z
  .custom<LedgerMetadata>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'must be an object of strings',
  )
  .superRefine((metadata, context) => {
    const pairs = Object.entries(metadata)
    if (pairs.length > limits.metadataKeys) {
      context.addIssue({ code: 'custom', message: `must have at most ${limits.metadataKeys} keys` })
      return
    }
    for (const [key, value] of pairs) {
      const problem = [key, value].flatMap((part) => text.safeParse(part).error?.issues ?? [])[0]
      if (problem) context.addIssue({ code: 'custom', path: [key], message: problem.message })
    }
    const bytes = pairs
      .flat()
      .reduce((sum, part) => sum + (typeof part === 'string' ? Buffer.byteLength(part) : 0), 0)
    if (bytes > limits.metadataBytes) {
      context.addIssue({ code: 'custom', message: `must be at most ${limits.metadataBytes} bytes of UTF-8` })
    }
  })

/** Returns the checked value of an input. @throws ValidationError with every faulty field */
export function parseInput<Value>(schema: z.ZodType<Value>, input: unknown, field?: string): Value {
  const value = readInput(schema, input, field)
  if (value instanceof ValidationError) throw value
  return value
}

/**
 * Returns the checked value of an input, or a ValidationError with every faulty field. `field` names the input when it
 * is not an object.
 */
export function readInput<Value>(
  schema: z.ZodType<Value>,
  input: unknown,
  field = 'input',
): Value | ValidationError {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  return new ValidationError(
    result.error.issues.map(({ path, message }) => ({
      field: path.join('.').slice(0, maxFieldName) || field,
      message,
    })),
  )
}
