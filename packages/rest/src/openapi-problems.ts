import { ledgerErrors } from '@shared-ledger/ledger/facts'
import type { GraphQLSchema } from 'graphql'
import { appProblems } from './app-problems.ts'
import { refusalCodes, resultTypes } from './document.ts'
import { type JsonSchema, reference } from './json-schema.ts'
import {
  maxErrors,
  type ProblemCode,
  type ProblemTable,
  type ProblemType,
  problemPath,
  problems,
} from './problems.ts'
import type { Route } from './route.ts'

const anyRoute: readonly ProblemCode[] = [
  'MALFORMED_REQUEST',
  'MISDIRECTED_REQUEST',
  'UNAUTHENTICATED',
  'IDENTITY_UNAVAILABLE',
  'FORBIDDEN',
  'RATE_LIMITED',
  'DATABASE_UNAVAILABLE',
  'SERVER_OUTDATED',
  'NOT_ACCEPTABLE',
  'OVERLOADED',
  'INTERNAL_ERROR',
]
const withInput: readonly ProblemCode[] = ['MALFORMED_PATH', 'VALIDATION_ERROR']
const withBody: readonly ProblemCode[] = ['MALFORMED_JSON', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE']
const withNonce: readonly ProblemCode[] = ['TRANSACTION_CONFLICT', 'ACCOUNT_BUSY']

/** The codes with which a route may refuse, in the order of the table. */
function routeProblems(
  { request, document, takesNonce, codes: extra }: Route,
  schema: GraphQLSchema,
): ProblemTable {
  const types = resultTypes(schema, document)
  const codes = new Set<string>([
    ...anyRoute,
    ...withInput,
    ...(request.body ? withBody : []),
    ...(takesNonce ? withNonce : []),
    ...refusalCodes(types).filter((code) => Object.hasOwn(ledgerErrors, code)),
    ...extra,
  ])
  const common = Object.entries(problems).filter(([code]) => codes.has(code))
  return { ...Object.fromEntries(common), ...appProblems(types) }
}

/** A route's refusals by status, each code with an example. */
export function problemResponses(route: Route, schema: GraphQLSchema): Record<string, unknown> {
  const codes = Object.entries(routeProblems(route, schema))
  const statuses = [...new Set(codes.map(([, { status }]) => status))].sort()
  return Object.fromEntries(
    statuses.map((status) => {
      const ofStatus = codes.filter(([, type]) => type.status === status)
      return [status, describeResponse(ofStatus, route.takesNonce)]
    }),
  )
}

/** Describes a response with one of the codes. With `ofEntries`, examples of some codes name the refused entry. */
export function describeResponse(codes: readonly (readonly [string, ProblemType])[], ofEntries = false) {
  return {
    description: codes.map(([code, { meaning }]) => `\`${code}\`: ${meaning}`).join('\n\n'),
    content: {
      'application/problem+json': {
        schema: {
          allOf: [reference('Problem'), { properties: { code: { enum: codes.map(([code]) => code) } } }],
        },
        examples: Object.fromEntries(
          codes.map(([code, type]) => [code, { summary: type.title, value: example(code, type, ofEntries) }]),
        ),
      },
    },
  }
}

function example(code: string, { status, title, meaning }: ProblemType, ofEntries: boolean) {
  return {
    type: problemPath(code),
    title,
    status,
    detail: meaning,
    code,
    ...(ofEntries && refusesAnEntry.has(code) && { entry_index: 0, owner_id: 'test_user' }),
    ...exampleExtensions[code],
  }
}

/** Codes that say which of a posting's entries is refused. */
const refusesAnEntry = new Set([
  'INSUFFICIENT_BALANCE',
  'BALANCE_OUT_OF_RANGE',
  'ACCOUNT_FROZEN',
  'ACCOUNT_CLOSED',
  'ACCOUNT_NOT_EMPTY',
  'LIMIT_REACHED',
])

const exampleExtensions: Readonly<Record<string, object>> = {
  VALIDATION_ERROR: { errors: [{ field: 'owner_id', message: 'is required' }] },
  INSUFFICIENT_BALANCE: { balance: 0 },
  BALANCE_OUT_OF_RANGE: { balance: Number.MAX_SAFE_INTEGER },
  LIMIT_REACHED: { next_on: '2026-11-22T00:00:00.000Z' },
  REFUND_EXCEEDED: { refundable: 0 },
  OVERDRAFT_IN_USE: { balance: -5 },
  ACCOUNT_FROZEN: { balance: 10, state: 'frozen' },
  ACCOUNT_CLOSED: { balance: 0, state: 'closed' },
  ACCOUNT_NOT_EMPTY: { balance: 10, state: 'open' },
}

/** Schemas that every problem shares. */
export const problemSchemas: Readonly<Record<string, JsonSchema>> = {
  Problem: {
    type: 'object',
    description: 'RFC 9457.',
    properties: {
      type: { type: 'string', format: 'uri-reference', description: 'Where the code is explained.' },
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string', description: 'What went wrong this time.' },
      code: { type: 'string' },
      errors: {
        type: 'array',
        items: reference('FieldProblem'),
        maxItems: maxErrors,
        description: 'Of VALIDATION_ERROR: the first faults.',
      },
      entry_index: {
        type: 'integer',
        description: 'Which of the request’s entries is refused, counted from 0.',
      },
      owner_id: { type: 'string', description: 'Whose entry that is.' },
      balance: { type: 'integer', description: 'Of a posting refused: the current balance.' },
      state: { type: 'string', description: 'Of a posting refused by the state of its account: the state.' },
      entry: { ...reference('LedgerEntry'), description: 'Of DUPLICATE_NONCE: the original.' },
      hold: {
        type: 'object',
        description:
          'Of DUPLICATE_NONCE: the original, where it was a hold. Of a hold that has ended: the hold.',
      },
      next_on: {
        type: ['string', 'null'],
        format: 'date-time',
        description: 'Of LIMIT_REACHED: when the next one is possible; null: never.',
      },
      refundable: { type: 'integer', description: 'Of REFUND_EXCEEDED: the credits that are left.' },
    },
    required: ['type', 'title', 'status', 'detail', 'code'],
  },
  FieldProblem: {
    type: 'object',
    properties: {
      field: { type: 'string', examples: ['owner_id'] },
      message: { type: 'string', examples: ['is required'] },
    },
    required: ['field', 'message'],
  },
}
