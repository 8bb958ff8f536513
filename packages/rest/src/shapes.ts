import { accountStates, limits, parseMoment } from '@shared-ledger/ledger/facts'
import { z } from 'zod'
import { isObject } from './json.ts'

/** Names of the schemas that openapi.json fills with the app's operations. */
export const operationSchemaName = 'LedgerOperation'
export const postOperationSchemaName = 'LedgerPostOperation'
export const exchangeSchemaName = 'LedgerExchange'

/** The name of the schema that openapi.json fills with the books of an app with several. */
export const bookSchemaName = 'LedgerBook'

/** The name of the schema of an expiry, which only an app with lots has. */
export const expirySchemaName = 'LotExpiry'

/** An owner in a body or a path. The ledger checks its length and characters. */
export const ownerId = z.string().meta({
  description: `The account's owner: 1 to ${limits.idCharacters} characters, compared byte for byte.`,
  examples: ['test_user'],
})

/** The nonce of every example. /docs replaces it with a fresh one whenever a request is tried. */
export const exampleNonce = '123e4567-e89b-12d3-a456-426655440000'

/** A caller's idempotency key. A route with it in its body accepts the header Idempotency-Key too. */
export const nonce = z.string().meta({
  description: `The caller’s idempotency key: 1 to ${limits.idCharacters} characters, used once per owner.`,
  examples: [exampleNonce],
})

/** One of the app's operations. openapi.json lists them. */
export const operation = z.string().meta({ id: operationSchemaName, examples: ['CREDIT_ADD'] })

/** An operation that a request can post: neither retired nor internal. */
export const postOperation = z.string().meta({ id: postOperationSchemaName, examples: ['CREDIT_ADD'] })

/** An operation that takes credits of one book for those of another. */
export const exchangeOperation = z.string().meta({
  id: exchangeSchemaName,
  examples: ['GEMS_PAID'],
})

/** The operation of an entry or a hold in an answer. */
export const operationName = z.string().meta({
  description: 'One of the app’s operations, or one that only a newer or an older server knows.',
  examples: ['CREDIT_ADD'],
})

/**
 * One of the app's books. openapi.json lists them, and leaves out every field of this shape for an app with one book.
 */
const anyBook = z.string().meta({ id: bookSchemaName })

/** The book of a request, in an app with several. */
export const book = anyBook.nullish().meta({ description: 'Which book. The app’s own when left out.' })

/** The query parameter for the book, in an app with several. */
export const bookQuery = {
  book: anyBook.optional().meta({ description: 'Which book. The app’s own when left out.' }),
}

/** The book of an account, in an app with several. */
const accountBook = anyBook.optional().meta({ description: 'The book of the account.' })

/** The book in which an operation is posted, in an app with several. */
export const operationBook = anyBook.optional().meta({ description: 'In which book it is posted.' })

/** A number of credits. The operation gives the sign, and a minus sign that agrees with it is accepted. */
export const amount = z.int().meta({
  description: 'Credits. May be left out when the operation has a fixed or default amount.',
  examples: [10],
})

/** Signed credits of an account. */
export const balance = z.int().meta({ description: 'Credits on the account.', examples: [10] })

/** A flat object of strings. The ledger checks its keys and its size. */
export const metadata = z
  .custom<Readonly<Record<string, string>>>()
  .superRefine((value, context) => {
    if (!isObject(value)) {
      context.addIssue('must be an object')
      return
    }
    const wrong = Object.entries(value).find(([, part]) => typeof part !== 'string')
    if (wrong) context.addIssue({ code: 'custom', path: [wrong[0]], message: 'must be a string' })
  })
  .meta({
    type: 'object',
    description: `A flat object of strings, at most ${limits.metadataKeys} keys and ${limits.metadataBytes / 1024} KiB.`,
    additionalProperties: { type: 'string' },
    examples: [{ order: 'A-17' }],
  })

/** Whether a posting is only tried. */
export const dryRun = z
  .boolean()
  .meta({ description: 'Returns the outcome, with ids of 0, and writes nothing.' })

/** A moment in a request, in any time zone. The graph checks it. */
export const moment = z.string().meta({ format: 'date-time', examples: ['2026-11-21T10:15:30.000Z'] })

/**
 * When the credits of an entry expire. It is checked here, so that a faulty one in a batch does not refuse the others.
 * openapi.json leaves out every field of this shape for an app without lots.
 */
export const expiresOn = z
  .string()
  .refine(
    (text) => parseMoment(text) !== undefined,
    'must be a date and time with its zone, such as 2026-11-21T10:15:30.000Z',
  )
  .meta({
    id: expirySchemaName,
    format: 'date-time',
    description:
      'When the credits expire, for an operation with a lot. Its own expiry applies if it is earlier.',
  })
  .nullish()

/** The query parameter `metadata.<key>=<value>`, at most once, as an object. */
export const metadataFilter = z
  .custom<Readonly<Record<string, string>>>()
  .superRefine((value, context) => {
    if (!isObject(value)) {
      context.addIssue('must be given as metadata.<key>=<value>')
    } else if (Object.values(value).length !== 1 || typeof Object.values(value)[0] !== 'string') {
      context.addIssue('must be given for one key, once')
    }
  })
  .meta({
    type: 'object',
    description:
      'As `metadata.<key>=<value>`, such as `metadata.order=A-17`: only entries whose metadata has this value under this key.',
    patternProperties: { '^metadata\\.': { type: 'string' } },
    maxProperties: 1,
  })

/** When something was made: UTC, to the millisecond. */
export const createdOn = z
  .custom<Date>()
  .meta({ type: 'string', format: 'date-time', examples: ['2026-11-21T10:15:30.000Z'] })

/** The id of a transaction. */
export const transactionId = z
  .string()
  .meta({ format: 'uuid', examples: ['019a9f3e-5c1f-7d60-8a38-0f3a52a7c1de'] })

/** The id of an entry, a hold or a lot in a path. An unknown id gives NOT_FOUND. */
export const idInPath = z.string().meta({ examples: ['1'] })

/** The id of an entry, a hold or a lot. */
export const id = z.int().meta({ examples: [1] })

const signedAmount = z.int().meta({ description: 'Signed: + in, - out.', examples: [10] })

export const entry = z
  .object({
    id,
    operation: operationName,
    owner_id: ownerId,
    book: accountBook,
    amount: signedAmount,
    nonce,
    balance_after: balance,
    created_on: createdOn,
    metadata,
    transaction_id: transactionId,
    reverses: id.optional().meta({ description: 'The entry that this one undoes.' }),
    refunds: id.optional().meta({ description: 'The entry that this one refunds in part.' }),
    hold_id: id.optional().meta({ description: 'The hold that this one captures.' }),
  })
  .meta({
    id: 'LedgerEntry',
    description: 'One change of one account’s balance. It is never changed or deleted.',
  })

/** A ledger entry in REST's answers. */
export type RestEntry = z.output<typeof entry>

/** What an app may know of an entry of another app that shares its book. */
export const otherAppsEntry = z
  .object({
    app: z.string().meta({ description: 'The app that posted it.', examples: ['freelance'] }),
    owner_id: ownerId,
    book: accountBook,
    operation: z.string().meta({ description: 'An operation of that app.', examples: ['CREDIT_SPEND'] }),
    amount: signedAmount,
    balance_after: balance,
    seq: z.int().meta({
      description: 'Counts the entries of the account from 1, those of all apps.',
      examples: [1],
    }),
    created_on: createdOn,
  })
  .meta({ id: 'LedgerOtherAppsEntry', description: 'An entry of another app on the same account.' })

/** An entry of another app in REST's answers. */
export type RestOtherAppsEntry = z.output<typeof otherAppsEntry>

/** The fields for a posted entry, and the balance after it. */
export const postedEntry = { entry, balance }

export const transaction = z
  .object({
    id: transactionId,
    nonce,
    metadata,
    created_on: createdOn,
    entries: z.array(entry).meta({ description: 'In the order in which they were posted.' }),
  })
  .meta({ id: 'LedgerTransaction', description: 'Entries that were posted together: all of them or none.' })

/** A transaction in REST's answers. */
export type RestTransaction = z.output<typeof transaction>

const ownerBalance = z.object({ owner_id: ownerId, book: accountBook, balance }).meta({ id: 'Balance' })

/** The balances of a transaction's owners, each once, in the order of their first entries. */
export const balances = z.array(ownerBalance)

/** One of these in REST's answers. */
export type RestTransactionBalance = z.output<typeof ownerBalance>

/** The fields for a posted transaction, and the balances after it. */
export const postedTransaction = { transaction, balances }

/** The states of accounts, as REST writes them. */
export const states = accountStates.map((state) => state.toLowerCase())

const accountState = z.string().meta({
  enum: states,
  description: 'What may be posted to the account: everything, nothing that takes credits, or nothing.',
})

/** The fields for what an account has and can spend. */
export const credits = {
  balance,
  overdraft: z.int().optional().meta({ description: 'How far below 0 the balance may go.' }),
  held: z.int().optional().meta({ description: 'The credits that live holds set aside.' }),
  available: z.int().optional().meta({ description: 'What can be spent: balance - held + overdraft.' }),
  state: accountState.optional(),
}

/** What an owner has and can spend. */
export const accountBalance = z.object({ owner_id: ownerId, book: accountBook, ...credits }).meta({
  id: 'AccountBalance',
  description: 'For a past moment, only the balance.',
})

/** A balance in REST's answers. */
export type RestBalance = z.output<typeof accountBalance>

/** A balance without its owner. */
export type RestCredits = Omit<RestBalance, 'owner_id' | 'book'>

export const hold = z
  .object({
    id,
    owner_id: ownerId,
    book: accountBook,
    operation: operationName,
    amount: z.int().meta({ description: 'The credits that were set aside.', examples: [10] }),
    captured: z.int().meta({ description: 'How many of them captures have taken.', examples: [0] }),
    nonce,
    status: z.string().meta({ enum: ['held', 'captured', 'released', 'expired'] }),
    captured_by: id.nullable().meta({ description: 'The entry whose capture ended it; 0 in a dry run.' }),
    created_on: createdOn,
    expires_on: createdOn,
    released_on: createdOn.nullable().meta({ description: 'When a capture or a release ended it.' }),
    metadata,
  })
  .meta({
    id: 'LedgerHold',
    description:
      'Credits that are set aside for a later entry. They count as spent while the status is HELD.',
  })

/** A hold in REST's answers. */
export type RestHold = z.output<typeof hold>

/** What an owner of an app with lots has and can spend. */
export const expiringBalance = accountBalance
  .extend({
    expiring: z
      .object({
        amount: z.int().meta({ description: 'How many credits.', examples: [10] }),
        on: createdOn.meta({ description: 'When they expire.' }),
      })
      .optional()
      .meta({ description: 'The credits that expire next. Left out when none do, and for a past moment.' }),
  })
  .meta({ id: 'ExpiringBalance', description: 'For a past moment, only the balance.' })

export const lotKind = z.string().meta({ enum: ['paid', 'promotional'] })

export const lot = z
  .object({
    id,
    app: z.string().meta({ description: 'The app that made it.' }),
    owner_id: ownerId,
    book: accountBook,
    entry_id: id.nullable().meta({
      description:
        'The entry that made it. Null for the balance before the first lot, and for an entry of another app.',
    }),
    amount: z.int().meta({ description: 'The credits that it had at first.', examples: [10] }),
    rest: z.int().meta({ description: 'The credits that are left and have not expired.' }),
    held: z.int().meta({ description: 'The part of the rest that live holds keep.' }),
    priority: z.int().meta({ description: '0 to 100. The lowest is spent first.' }),
    kind: lotKind,
    created_on: createdOn,
    expires_on: createdOn.nullable().meta({ description: 'Null: never.' }),
  })
  .meta({
    id: 'LedgerLot',
    description: 'A part of a balance with a priority, a kind and perhaps an expiry.',
  })

/** A lot in REST's answers. */
export type RestLot = z.output<typeof lot>
