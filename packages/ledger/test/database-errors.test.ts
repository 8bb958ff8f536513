import { describe, expect, test } from 'vitest'
import { query } from '../src/database/database-errors.ts'
import { ledgerErrorOf } from '../src/index.ts'

const sqlStates = {
  TRANSACTION_CONFLICT: ['40001', '40P01'],
  ACCOUNT_BUSY: ['55P03'],
  DATABASE_UNAVAILABLE: [
    ...['08000', '08001', '08003', '08004', '08006', '08007', '08P01'],
    ...['25006', '25P03', '25P04', '28000', '28P01', '3D000', '40003', '42501'],
    ...['53000', '53100', '53200', '53300', '53400', '57000', '57014'],
    ...['57P01', '57P02', '57P03', '57P04', '57P05', '58000', '58030', '58P01', 'F0000'],
  ],
  none: ['22003', '22P02', '23503', '23505', '25P02', '42601', '42703', '42P01', 'P0001', 'XX000'],
}

const kinds: Record<string, string> = {
  '28000': 'DatabaseAccessDenied',
  '28P01': 'AuthenticationFailed',
  '3D000': 'DatabaseDoesNotExist',
  '40001': 'TransactionWriteConflict',
  '40P01': 'TransactionWriteConflict',
  '53300': 'TooManyConnections',
}

/** The adapter's error around a transaction (BEGIN, COMMIT, ROLLBACK), without Prisma's envelope. */
function bare(code: string): Error {
  const cause = { kind: kinds[code] ?? 'postgres', code, originalCode: code, originalMessage: 'what it said' }
  return Object.assign(new Error('postgres'), { name: 'DriverAdapterError', cause })
}

/** Prisma's error of a statement. */
function enveloped(code: string): Error {
  return Object.assign(new Error('Raw query failed.'), {
    name: 'PrismaClientKnownRequestError',
    code: 'P2010',
    meta: { driverAdapterError: bare(code) },
  })
}

/** The error of node-postgres. */
function plain(code: string): Error {
  return Object.assign(new Error('what it said'), { code, severity: 'ERROR' })
}

const network = (code: string, syscall: string) =>
  Object.assign(new Error(`${syscall} ${code}`), { code, syscall })

describe.each(Object.entries(sqlStates))('%s', (code, states) => {
  test.each(states)('SQLSTATE %s, however it comes', (state) => {
    for (const error of [
      bare(state),
      enveloped(state),
      plain(state),
      new Error('an app says more', { cause: enveloped(state) }),
      new Error('twice', { cause: new Error('once', { cause: bare(state) }) }),
      new AggregateError([plain(state)], 'all of them'),
    ]) {
      expect(ledgerErrorOf(error)?.code ?? 'none').toBe(code)
    }
  })
})

test.each<readonly [string, Error]>([
  ...['P1000', 'P1001', 'P1002', 'P1003', 'P1008', 'P1010', 'P1011', 'P1017', 'P2024', 'P2028', 'P2037'].map(
    (code) => [code, Object.assign(new Error('Prisma'), { code })] as const,
  ),
  ...['ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOENT', 'EACCES'].map(
    (code) => [code, network(code, 'connect')] as const,
  ),
  ...['ECONNRESET', 'EPIPE', 'ETIMEDOUT'].map((code) => [code, network(code, 'read')] as const),
  ...['ENOTFOUND', 'EAI_AGAIN'].map((code) => [code, network(code, 'getaddrinfo')] as const),
  ['all addresses', new AggregateError([network('ECONNREFUSED', 'connect')])],
  ['a connection that ends', new Error('Connection terminated unexpectedly')],
  ['a connection that was closed', new Error('Client was closed and is not queryable')],
  ['a dead connection', new Error('Client has encountered a connection error and is not queryable')],
  ['a full pool', new Error('timeout exceeded when trying to connect')],
  ['a pool that has ended', new Error('Cannot use a pool after calling end on the pool')],
  ['a server that is silent at first', new Error('Connection terminated due to connection timeout')],
  ['no answer', new Error('Query read timeout')],
  ['no TLS', new Error('The server does not support SSL connections')],
])('%s is DATABASE_UNAVAILABLE, which may be retried', (_what, error) => {
  expect(ledgerErrorOf(error)).toMatchObject({ code: 'DATABASE_UNAVAILABLE', retryable: true, cause: error })
})

const lostNode = [
  'server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally',
  'could not receive data from server: Connection reset by peer',
  'could not send data to server: Broken pipe',
  'SSL SYSCALL error: EOF detected',
  "failed to prepare transaction 'citus_0_7_1_0' on host worker-1:5432",
  'failure on connection marked as essential: worker-1:5432',
  'could not commit transaction for shard 102008 on at least one active node',
  'execution cannot recover from multiple connection failures. Last node failed worker-1:5432',
  'node group 2 does not have a primary node',
]

test.each(lostNode)('the internal error of a cluster, "%s", is DATABASE_UNAVAILABLE', (message) => {
  const withCode = (code: string) => Object.assign(new Error(message), { code, severity: 'ERROR' })
  expect(ledgerErrorOf(withCode('XX000'))).toMatchObject({ code: 'DATABASE_UNAVAILABLE', retryable: true })
  expect(ledgerErrorOf(withCode('P0001'))).toBeUndefined()
})

test.each([
  'could not extend file "base/16384/17644": No space left on device',
  'could not append to received file: No space left on device',
  'could not write file: Disk quota exceeded',
  'could not extend file "base/16384/17644": wrote only 4096 of 8192 bytes at block 3',
  'could not write init file',
])('the internal error "%s" says that the disk is full', (message) => {
  const full = Object.assign(new Error(message), { code: 'XX000', severity: 'ERROR' })
  const error = ledgerErrorOf(full)
  expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE', retryable: true })
  expect(error?.message).toMatch(/its disk is full/)
})

test('a node whose metadata are late is DATABASE_UNAVAILABLE, and no other object in a wrong state is', () => {
  const late = Object.assign(new Error('w:5432 is a metadata node, but is out of sync'), { code: '55000' })
  expect(ledgerErrorOf(late)).toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
  expect(ledgerErrorOf(plain('55000'))).toBeUndefined()
})

test.each([
  ['25006', /takes no writes now: it, or its role, is read-only/],
  ['42501', /role lacks a right/],
  ['53100', /takes no writes now: its disk is full/],
  ['57014', /took too long/],
  ['57P01', /cannot be reached/],
])('%s has a message about what is wrong', (code, message) => {
  expect(ledgerErrorOf(bare(code))?.message).toMatch(message)
})

test.each([
  ['a fault of the app', new TypeError('x is not a function')],
  [
    "another server of the app's",
    new TypeError('fetch failed', { cause: network('ECONNREFUSED', 'connect') }),
  ],
  ['a file that is missing', network('ENOENT', 'open')],
  ['nothing', undefined],
  ['a text', 'ECONNREFUSED'],
])('%s is not an error of the database', (_what, error) => {
  expect(ledgerErrorOf(error)).toBeUndefined()
})

test('an error that is its own cause is read once', () => {
  const error = new Error('round')
  error.cause = error
  expect(ledgerErrorOf(error)).toBeUndefined()
})

test.each([
  ['A query cannot be executed on a committed transaction.', 'TRANSACTION_ENDED'],
  ['A query cannot be executed on a transaction that was rolled back.', 'TRANSACTION_ENDED'],
  [
    "Transaction not found. Transaction ID is invalid, refers to an old closed transaction Prisma doesn't have.",
    'TRANSACTION_ENDED',
  ],
  ['A query cannot be executed on an expired transaction.', 'DATABASE_UNAVAILABLE'],
  ['Unable to start a transaction in the given time.', 'DATABASE_UNAVAILABLE'],
])('P2028, "%s", is %s', async (message, code) => {
  const error = Object.assign(new Error(`Transaction API error: ${message}`), { code: 'P2028' })
  await expect(query(() => Promise.reject(error))).rejects.toMatchObject({ code })
})
