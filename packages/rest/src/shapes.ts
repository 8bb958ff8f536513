import { z } from 'zod'
import { isObject } from './json.ts'

/** Names of the schemas that openapi.json completes with what it knows of the app. */
export const operationSchemaName = 'LedgerOperation'

/** An owner, as every body and path has it; the ledger judges its length and characters. */
export const ownerId = z.string().meta({
  description: 'Whose account: 1 to 255 characters, compared byte for byte.',
  examples: ['test_user'],
})

/** A caller's idempotency key. A route whose body has it takes the header Idempotency-Key as well. */
export const nonce = z.string().meta({
  description: 'The caller’s idempotency key: 1 to 255 characters, used once per owner.',
  examples: ['123e4567-e89b-12d3-a456-426655440000'],
})

/** One of the app's operations; openapi.json lists them. */
export const operation = z.string().meta({ id: operationSchemaName, examples: ['CREDIT_ADD'] })

/** A number of credits; the operation gives the sign, and a minus sign that agrees with it is accepted. */
export const amount = z.int().meta({
  description: 'Credits. May be left out where the operation has a fixed or default amount.',
  examples: [10],
})

/** Signed credits of an account. */
export const balance = z.int().meta({ description: 'Credits on the account.', examples: [10] })

/** A flat object of strings; the ledger judges its keys, values and size. */
export const metadata = z.custom<Readonly<Record<string, unknown>>>(isObject, 'must be an object').meta({
  type: 'object',
  description: 'A flat object of strings, at most 20 keys and 4 KiB.',
  additionalProperties: { type: 'string' },
})

/** When something was made: UTC, to the millisecond. */
export const createdOn = z.string().meta({ format: 'date-time', examples: ['2026-11-21T10:15:30.000Z'] })

/** A ledger entry as REST answers it. */
export const entry = z
  .object({
    id: z.int().meta({ examples: [1] }),
    operation,
    owner_id: ownerId,
    amount: z.int().meta({ description: 'Signed: + in, - out.', examples: [10] }),
    nonce,
    balance_after: balance,
    created_on: createdOn,
    metadata,
  })
  .meta({ id: 'LedgerEntry', description: 'One posting to one account; never changed, never deleted.' })

/** An entry as REST answers it. */
export type RestEntry = z.output<typeof entry>
