import { scopes } from '@shared-ledger/ledger/facts'
import { z } from 'zod'
import { RestLedgerOperationsDocument } from '../generated/documents.ts'
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
    max_amount: z.int().meta({ description: 'The same as min_amount where the amount is fixed.' }),
    default_amount: z
      .int()
      .nullable()
      .meta({ description: 'What is posted when a request leaves the amount out; null: it must be given.' }),
    paired: z.boolean().meta({
      description: 'Whether it is posted in balanced transactions alone, such as a transfer.',
    }),
    retired: z
      .boolean()
      .meta({ description: 'Whether it is no longer posted: its entries are read and corrected.' }),
    internal: z.boolean().meta({ description: 'Whether the app itself posts it: no request takes it.' }),
    scope: z
      .string()
      .nullable()
      .meta({
        enum: [...scopes, null],
        description: 'What a caller needs beside the scope post to post it; null: nothing.',
      }),
    limit: z
      .object({
        times: z.int().meta({ examples: [1] }),
        per: z.string().meta({ enum: ['hour', 'day', 'week', 'month', 'lifetime'] }),
      })
      .nullable()
      .meta({
        description: 'How often an owner may have it, in a window of UTC; null: as often as one likes.',
      }),
  })
  .meta({ id: 'LedgerOperationInfo', description: 'An operation with all that a form needs.' })

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
  answer: (operations) => ({
    operations: operations.map(
      ({ name, description, shared, direction, paired, retired, internal, scope, limit, ...amounts }) => ({
        name,
        description,
        shared,
        direction: direction.toLowerCase(),
        min_amount: amounts.minAmount,
        max_amount: amounts.maxAmount,
        default_amount: amounts.defaultAmount,
        paired,
        retired,
        internal,
        scope: scope?.toLowerCase() ?? null,
        limit: limit && { times: limit.times, per: limit.per.toLowerCase() },
      }),
    ),
  }),
})
