import { readFileSync } from 'node:fs'
import { DuplicateNonceError, LedgerError } from '@shared-ledger/ledger'
import {
  balanceData,
  dateTimeData,
  defineRoute,
  entryData,
  type Route,
  restEntry,
  shapes,
} from '@shared-ledger/rest'
import { buildSchema, type GraphQLFieldResolver, GraphQLScalarType, type GraphQLSchema } from 'graphql'
import { DateTimeResolver, SafeIntResolver } from 'graphql-scalars'
import { z } from 'zod'
import { createMemoryLedger, type MemoryLedger, type PostInput } from './memory-ledger.ts'

const contract = readFileSync(new URL('../../../schema.graphql', import.meta.url), 'utf8')

const own = `
  extend enum LedgerOperation { "The price of a note." NOTE_CREATION NOTE_ACCESS }
  extend type Mutation {
    createNote(input: CreateNoteInput!): CreateNoteResult!
    accessNote(id: ID!, ownerId: String!, nonce: String!): AccessNoteResult!
  }
  extend type Query { fail(how: String!): String! }
  type Note { id: ID! ownerId: String! text: String! createdOn: DateTime! }
  input CreateNoteInput { ownerId: String! text: String! nonce: String! }
  type CreateNoteSuccess { note: Note! entry: LedgerEntry! balance: LedgerBalance! replayed: Boolean! }
  union CreateNoteResult = CreateNoteSuccess | ValidationError | InsufficientBalanceError | DuplicateNonceError | BalanceOutOfRangeError
  type NoteNotFoundError implements Error { code: String! message: String! }
  type AccessNoteSuccess { entry: LedgerEntry! balance: LedgerBalance! }
  union AccessNoteResult = AccessNoteSuccess | NoteNotFoundError | ValidationError | InsufficientBalanceError | DuplicateNonceError | BalanceOutOfRangeError
`

/** A small app on the contract: what it throws under `fail` is up to the test. */
export function createNotesApp(fail: (how: string) => unknown = (how) => new Error(how)) {
  const ledger = createMemoryLedger()
  const schema = buildSchema(contract + own)
  const notes = new Map<string, { id: string; ownerId: string; text: string; createdOn: Date }>()

  implement(schema, 'SafeInt', SafeIntResolver)
  implement(schema, 'DateTime', DateTimeResolver)
  implement(schema, 'LedgerMetadata', metadataScalar)
  resolve(schema, 'Query', {
    balance: (_root, { ownerId }) => {
      failing(ownerId)
      return ledger.balance(ownerId)
    },
    ledgerOperations: () => ledger.operations,
    ledgerEntries: (_root, args) => page(ledger, args),
    fail: (_root, { how }) => {
      throw fail(how)
    },
  })
  resolve(schema, 'Mutation', {
    postLedgerEntry: (_root, { input }) =>
      union('PostLedgerEntrySuccess', () => {
        failing(input.ownerId)
        return posted(input)
      }),
    createNote: (_root, { input: { ownerId, text, nonce } }) =>
      union('CreateNoteSuccess', () => {
        try {
          const answer = posted({ ownerId, operation: 'NOTE_CREATION', nonce })
          const note = { id: answer.entry.id, ownerId, text, createdOn: answer.entry.createdOn }
          notes.set(note.id, note)
          return { ...answer, note, replayed: false }
        } catch (error) {
          const note = error instanceof DuplicateNonceError ? notes.get(error.entry.id) : undefined
          if (!(error instanceof DuplicateNonceError) || note?.text !== text) throw error
          return { entry: error.entry, balance: error.balance, note, replayed: true }
        }
      }),
    accessNote: (_root, { id, ownerId, nonce }) =>
      notes.has(id)
        ? union('AccessNoteSuccess', () => posted({ ownerId, operation: 'NOTE_ACCESS', nonce }))
        : { __typename: 'NoteNotFoundError', code: 'NOTE_NOT_FOUND', message: `There is no note ${id}.` },
  })

  function failing(ownerId: string) {
    if (ownerId.startsWith('fail:')) throw fail(ownerId.slice('fail:'.length))
  }

  function posted(input: PostInput) {
    const entry = ledger.post(input)
    return { entry, balance: ledger.balance(input.ownerId) }
  }

  return { ledger, schema, routes }
}

const routes: readonly Route[] = [
  defineRoute({
    method: 'post',
    path: '/notes',
    summary: 'Create a note',
    request: { body: z.object({ owner_id: shapes.ownerId, text: z.string(), nonce: shapes.nonce }) },
    document: `mutation RestCreateNote($input: CreateNoteInput!) {
      createNote(input: $input) {
        ... on CreateNoteSuccess {
          note { id ownerId text createdOn }
          entry { ...RestEntry }
          balance { amount }
          replayed
        }
        ...RestRefusal
      }
    }`,
    variables: ({ body: { owner_id, text, nonce } }) => ({ input: { ownerId: owner_id, text, nonce } }),
    data: z.object({
      createNote: z.object({
        note: z.object({ id: z.string(), ownerId: z.string(), text: z.string(), createdOn: dateTimeData }),
        entry: entryData,
        balance: balanceData,
        replayed: z.boolean(),
      }),
    }),
    success: {
      status: 201,
      description: 'Created.',
      body: z.object({
        note: z
          .object({ id: z.int(), owner_id: shapes.ownerId, text: z.string(), created_on: shapes.createdOn })
          .meta({ id: 'Note' }),
        entry: shapes.entry,
        balance: shapes.balance,
      }),
    },
    answer: ({ createNote: { note, entry, balance } }) => ({
      note: { id: Number(note.id), owner_id: note.ownerId, text: note.text, created_on: note.createdOn },
      entry: restEntry(entry),
      balance: balance.amount,
    }),
    replayed: ({ createNote }) => createNote.replayed,
  }),
  defineRoute({
    method: 'post',
    path: '/notes/{note_id}/access',
    summary: 'Read a note',
    request: {
      params: z.object({ note_id: z.string() }),
      body: z.object({ owner_id: shapes.ownerId, nonce: shapes.nonce }),
    },
    document: `mutation RestAccessNote($id: ID!, $ownerId: String!, $nonce: String!) {
      accessNote(id: $id, ownerId: $ownerId, nonce: $nonce) {
        ... on AccessNoteSuccess { entry { ...RestEntry } balance { amount } }
        ...RestRefusal
      }
    }`,
    variables: ({ params, body }) => ({ id: params.note_id, ownerId: body.owner_id, nonce: body.nonce }),
    data: z.object({ accessNote: z.object({ entry: entryData, balance: balanceData }) }),
    success: { status: 200, body: z.object({ entry: shapes.entry, balance: shapes.balance }) },
    answer: ({ accessNote: { entry, balance } }) => ({ entry: restEntry(entry), balance: balance.amount }),
    replay: ({ entry, balance }) => ({ entry, balance }),
    problems: {
      NOTE_NOT_FOUND: {
        status: 404,
        title: 'Note not found',
        meaning: 'No note has this id. Nothing was posted.',
      },
    },
  }),
]

// biome-ignore lint/suspicious/noExplicitAny: arguments as the schema checked them.
type Resolvers = Record<string, GraphQLFieldResolver<unknown, unknown, any>>

function resolve(schema: GraphQLSchema, typeName: 'Query' | 'Mutation', resolvers: Resolvers): void {
  const type = typeName === 'Query' ? schema.getQueryType() : schema.getMutationType()
  for (const [name, resolver] of Object.entries(resolvers)) {
    const field = type?.getFields()[name]
    if (field) field.resolve = resolver
  }
}

function implement(schema: GraphQLSchema, name: string, scalar: GraphQLScalarType): void {
  const { serialize, parseValue, parseLiteral } = scalar
  Object.assign(schema.getType(name) ?? {}, { serialize, parseValue, parseLiteral })
}

const metadataScalar = new GraphQLScalarType({
  name: 'LedgerMetadata',
  parseValue: (value) => {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    const values = isObject ? Object.values(value) : [0]
    if (values.every((part) => typeof part === 'string')) return value
    throw new TypeError('LedgerMetadata is a flat object of strings')
  },
})

/** A refusal of the ledger as the member of a result union that it is. */
function union(success: string, run: () => object): object {
  try {
    return { __typename: success, ...run() }
  } catch (error) {
    if (!(error instanceof LedgerError) || error.retryable) throw error
    return { ...error, __typename: error.name, message: error.message }
  }
}

interface PageArguments {
  ownerId: string
  first?: number | null
  after?: string | null
  operations?: string[] | null
}

function page(ledger: MemoryLedger, { ownerId, first, after, operations }: PageArguments) {
  const all = ledger
    .entries(ownerId)
    .filter(({ operation }) => !operations || operations.includes(operation))
    .filter(({ seq }) => !after || seq < Number(after))
  const nodes = all.slice(0, first ?? 20)
  return {
    edges: nodes.map((node) => ({ node, cursor: String(node.seq) })),
    pageInfo: { hasNextPage: all.length > nodes.length, endCursor: nodes.at(-1)?.seq.toString() ?? null },
  }
}
