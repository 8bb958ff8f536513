import { scopes } from '@shared-ledger/ledger/facts'
import { z } from 'zod'
import { RestLedgerOperationsDocument, type RestLedgerOperationsQuery } from '../generated/documents.ts'
import { type InBook, restBook, restState } from '../graph.ts'
import { defineRoute } from '../route.ts'
import * as shapes from '../shapes.ts'

const operationInfo = z
  .object({
    name: shapes.operation,
    description: z.string().nullable(),
    shared: z.boolean().meta({ description: 'Whether every app has it.' }),
    direction: z.string().meta({
      enum: ['in', 'out', 'none'],
      description: 'Where it moves credits: to the owner, or from the owner.',
    }),
    min_amount: z.int().meta({ description: 'Credits, >= 0, as requests have them.', examples: [1] }),
    max_amount: z.int().meta({ description: 'The same as min_amount for a fixed amount.' }),
    default_amount: z
      .int()
      .nullable()
      .meta({ description: 'The amount when a request has none. Null when a request must have one.' }),
    paired: z.boolean().meta({
      description: 'Whether it is posted only in balanced transactions, such as a transfer.',
    }),
    retired: z
      .boolean()
      .meta({ description: 'Whether it is no longer posted. Its entries can still be read and corrected.' }),
    internal: z.boolean().meta({ description: 'Whether only the app itself posts it, and no request may.' }),
    scope: z
      .string()
      .nullable()
      .meta({
        enum: [...scopes, null],
        description: 'The scope that a caller needs in addition to post. Null for none.',
      }),
    state: z
      .string()
      .nullable()
      .meta({
        enum: [...shapes.states, null],
        description: 'The state in which it puts the account. Null for one that changes none.',
      }),
    book: shapes.operationBook,
    limit: z
      .object({
        times: z
          .int()
          .nullable()
          .meta({ description: 'Null for any number of times.', examples: [1] }),
        credits: z.int().nullable().meta({ description: 'Null for any number of credits.' }),
        per: z.string().meta({ enum: ['hour', 'day', 'week', 'month', 'lifetime'] }),
        anchored: z.boolean().meta({
          description: 'Whether a window begins with the first posting that counts, not with the calendar.',
        }),
      })
      .nullable()
      .meta({
        description:
          'How often an owner may have it, or how many credits it may move, in a window. Null for no limit.',
      }),
  })
  .meta({ id: 'LedgerOperationInfo', description: 'An operation, described for a form.' })

/** Lists the app's operations. */
export const operationsRoute = defineRoute({
  method: 'get',
  path: '/operations',
  operationId: 'listOperations',
  tag: 'operations',
  summary: 'The app’s operations, with their amounts and limits',
  description: 'The shared operations, then the app’s own.',
  request: {},
  document: RestLedgerOperationsDocument,
  variables: () => ({}),
  success: { status: 200, body: z.object({ operations: z.array(operationInfo) }) },
  answer: (operations) => ({ operations: operations.map(restOperation) }),
})

function restOperation(operation: RestLedgerOperationsQuery['result'][number] & InBook) {
  const { name, description, shared, direction, paired, retired, internal, scope, state, limit } = operation
  return {
    name,
    description,
    shared,
    direction: direction.toLowerCase(),
    min_amount: operation.minAmount,
    max_amount: operation.maxAmount,
    default_amount: operation.defaultAmount,
    paired,
    retired,
    internal,
    scope: scope?.toLowerCase() ?? null,
    state: state && restState(state),
    ...restBook(operation),
    limit: limit && { ...limit, per: limit.per.toLowerCase() },
  }
}
