import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import {
  createLedger,
  createPool,
  DuplicateNonceError,
  defineRefusal,
  errorsOf,
  type Ledger,
  type PostedEntry,
} from '@shared-ledger/ledger'
import { defineRoute, type Route, restEntry, shapes } from '@shared-ledger/rest'
import { type GraphQLSchema, parse } from 'graphql'
import { z } from 'zod'
import { createBuilder, operations } from '../../plugin-ledger/test/build-schema.ts'
import { type RestEntryFragment, RestRefusalFragmentDoc } from '../src/generated/documents.ts'

export { operations }

/** The operations of the tests' app, which the template database declares for "content". */
export type NotesOperations = typeof operations

/** Opens a ledger on a database, and the graph and routes of a small app around it. */
export function openNotes(databaseUrl: string) {
  const pool = createPool(databaseUrl)
  const ledger = createLedger({ app: 'content', operations, pool })
  return { pool, ledger, schema: createNotesSchema(ledger), routes }
}

const NoteNotFoundError = defineRefusal('NOTE_NOT_FOUND', {
  status: 404,
  meaning: 'No note has this id. Nothing was posted.',
  message: (id: string) => `There is no note ${id}.`,
})

type Posted = PostedEntry<keyof NotesOperations>

/** Builds the ledger's graph with notes. Each note is the entry that paid for it, so there is no other table. */
function createNotesSchema(ledger: Ledger<NotesOperations>): GraphQLSchema {
  const builder = createBuilder()
  builder.subscriptionType()
  const { LedgerEntry, LedgerBalance } = builder.addLedger(ledger, { refusals: [NoteNotFoundError] })

  const Note = builder.objectRef<Posted['entry']>('Note').implement({
    fields: (t) => ({
      id: t.exposeID('id', { nullable: false }),
      ownerId: t.exposeString('ownerId', { nullable: false }),
      text: t.string({ nullable: false, resolve: ({ metadata }) => metadata.text ?? '' }),
      createdOn: t.expose('createdOn', { type: 'DateTime', nullable: false }),
    }),
  })
  const PostedNote = builder.objectRef<Posted & { replayed: boolean }>('PostedNote').implement({
    fields: (t) => ({
      note: t.field({ type: Note, nullable: false, resolve: ({ entry }) => entry }),
      entry: t.expose('entry', { type: LedgerEntry, access: { action: 'open' }, nullable: false }),
      balance: t.expose('balance', { type: LedgerBalance, access: { action: 'open' }, nullable: false }),
      replayed: t.exposeBoolean('replayed', { nullable: false }),
    }),
  })
  const AccessedNote = builder.objectRef<Posted>('AccessedNote').implement({
    fields: (t) => ({
      entry: t.expose('entry', { type: LedgerEntry, access: { action: 'open' }, nullable: false }),
      balance: t.expose('balance', { type: LedgerBalance, access: { action: 'open' }, nullable: false }),
    }),
  })
  const CreateNoteInput = builder.inputType('CreateNoteInput', {
    fields: (t) => ({
      ownerId: t.string({ required: true }),
      text: t.string({ required: true }),
      nonce: t.string({ required: true }),
    }),
  })

  builder.mutationFields((t) => ({
    createNote: t.field({
      type: PostedNote,
      nullable: false,
      errors: {
        types: [...errorsOf(ledger.postEntry)],
        directResult: true,
        union: { name: 'CreateNoteResult' },
      },
      args: { input: t.arg({ type: CreateNoteInput, required: true }) },
      access: { action: 'act', owner: ({ input }) => input.ownerId },
      async resolve(_root, { input: { ownerId, text, nonce } }) {
        const metadata = { text }
        const result = await ledger.postEntry({ ownerId, operation: 'CONTENT_CREATION', nonce, metadata })
        if (result.ok) return { ...result, replayed: false }
        const { error } = result
        if (!(error instanceof DuplicateNonceError && error.identical)) throw error
        return { entry: error.entry, balance: error.balance, replayed: true }
      },
    }),
    accessNote: t.field({
      type: AccessedNote,
      nullable: false,
      errors: {
        types: [...errorsOf(ledger.postEntry), NoteNotFoundError],
        directResult: true,
        union: { name: 'AccessNoteResult' },
      },
      args: {
        id: t.arg.id({ required: true }),
        ownerId: t.arg.string({ required: true }),
        nonce: t.arg.string({ required: true }),
      },
      access: { action: 'act', owner: ({ ownerId }) => ownerId },
      async resolve(_root, { id, ownerId, nonce }) {
        const note = await ledger.entry(String(id))
        if (!note) throw new NoteNotFoundError(String(id))
        const result = await ledger.postEntry({ ownerId, operation: 'CONTENT_ACCESS', nonce })
        if (result.ok) return result
        throw result.error
      },
    }),
    claimReward: t.field({
      type: LedgerEntry,
      nullable: false,
      description: 'Posts each time: the client gives no nonce.',
      args: { ownerId: t.arg.string({ required: true }) },
      access: { action: 'act', owner: ({ ownerId }) => ownerId },
      async resolve(_root, { ownerId }) {
        const nonce = crypto.randomUUID()
        const result = await ledger.postEntry({ ownerId, operation: 'DAILY_REWARD', nonce })
        if (result.ok) return result.entry
        throw result.error
      },
    }),
  }))

  return builder.toSchema({ sortSchema: false })
}

/** Parses a document with `...RestRefusal`, and adds the fragments that this uses. */
function documentOf<Result>(source: string): TypedDocumentNode<{ readonly result: Result }, never> {
  return {
    ...parse(source),
    definitions: [...parse(source).definitions, ...RestRefusalFragmentDoc.definitions],
  }
}

interface PostedData {
  readonly entry: RestEntryFragment
  readonly balance: { readonly amount: number }
}

interface NoteData extends PostedData {
  readonly note: {
    readonly id: string
    readonly ownerId: string
    readonly text: string
    readonly createdOn: Date
  }
  readonly replayed: boolean
}

const routes: readonly Route[] = [
  defineRoute({
    method: 'post',
    path: '/notes',
    operationId: 'createNote',
    summary: 'Create a note',
    request: { body: z.object({ owner_id: shapes.ownerId, text: z.string(), nonce: shapes.nonce }) },
    document: documentOf<NoteData>(`mutation RestCreateNote($input: CreateNoteInput!) {
      result: createNote(input: $input) {
        ... on PostedNote {
          note { id ownerId text createdOn }
          entry { ...RestEntry }
          balance { amount }
          replayed
        }
        ...RestRefusal
      }
    }`),
    variables: ({ body: { owner_id, text, nonce } }) => ({ input: { ownerId: owner_id, text, nonce } }),
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
    answer: ({ note, entry, balance }) => ({
      note: { id: Number(note.id), owner_id: note.ownerId, text: note.text, created_on: note.createdOn },
      entry: restEntry(entry),
      balance: balance.amount,
    }),
    replayed: ({ replayed }) => replayed,
  }),
  defineRoute({
    method: 'post',
    path: '/notes/{note_id}/access',
    operationId: 'accessNote',
    summary: 'Read a note',
    request: {
      params: z.object({ note_id: z.string() }),
      body: z.object({ owner_id: shapes.ownerId, nonce: shapes.nonce }),
    },
    document: documentOf<PostedData>(`mutation RestAccessNote($id: ID!, $ownerId: String!, $nonce: String!) {
      result: accessNote(id: $id, ownerId: $ownerId, nonce: $nonce) {
        ... on AccessedNote { entry { ...RestEntry } balance { amount } }
        ...RestRefusal
      }
    }`),
    variables: ({ params, body }) => ({ id: params.note_id, ownerId: body.owner_id, nonce: body.nonce }),
    success: { status: 200, body: z.object({ entry: shapes.entry, balance: shapes.balance }) },
    answer: ({ entry, balance }) => ({ entry: restEntry(entry), balance: balance.amount }),
    replay: ({ entry, balance }) => entry && { entry, balance },
  }),
]
