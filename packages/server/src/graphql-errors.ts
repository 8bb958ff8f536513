import {
  DatabaseUnavailableError,
  type LedgerError,
  ledgerErrorOf,
  ServerOutdatedError,
  ValidationError,
} from '@shared-ledger/ledger'
import { Problem, type ProblemTable, problems } from '@shared-ledger/rest'
import { GraphQLError, type GraphQLErrorExtensions } from 'graphql'

/** Receives the details of errors that clients do not see. */
export interface ErrorListeners {
  /** Called with a fault of the server. */
  readonly onFault: (error: unknown) => void
  /** Called with DATABASE_UNAVAILABLE or SERVER_OUTDATED and its cause. */
  readonly onUnavailable: (error: LedgerError) => void
}

/** Turns an error into what clients may see of it. */
export function createMaskError({
  onFault,
  onUnavailable,
}: ErrorListeners): (error: unknown) => GraphQLError {
  return (error) => {
    const cause = causeOf(error)
    const refused = ledgerErrorOf(cause)
    if (refused && isForOperators(refused)) onUnavailable(refused)
    if (refused) return maskedError(error, refused.message, ledgerExtensions(refused))
    if (error instanceof GraphQLError && isCoercionError(error)) {
      const isOfRequest = error.path === undefined
      const extensions = { code: 'BAD_USER_INPUT', ...(isOfRequest && { http: { status: 400 } }) }
      return maskedError(error, shortened(error.message), extensions)
    }
    if (cause instanceof Problem && Object.hasOwn(problems, cause.code)) return maskedProblem(error, cause)
    if (cause instanceof GraphQLError && cause.extensions.code) return withOurCode(cause)
    onFault(cause)
    return maskedError(error, problems.INTERNAL_ERROR.meaning, { code: 'INTERNAL_ERROR' })
  }
}

/** Whether an error has a cause that belongs into the server's log. */
export function isForOperators(error: LedgerError): boolean {
  return error instanceof DatabaseUnavailableError || error instanceof ServerOutdatedError
}

function ledgerExtensions(error: LedgerError): GraphQLErrorExtensions {
  const { code, retryable } = error
  return {
    code,
    ...(retryable && { retryable }),
    ...(error instanceof ValidationError && { errors: error.errors }),
  }
}

const keptLength = 500

/** Shortens a message that repeats the client's value between the variable's name and the reason. */
function shortened(message: string): string {
  if (message.length <= 2 * keptLength) return message
  return `${message.slice(0, keptLength)}…${message.slice(-keptLength)}`
}

/** Makes an error in the same place, and keeps nothing else of the original. */
function maskedError(error: unknown, message: string, extensions: GraphQLErrorExtensions): GraphQLError {
  const { nodes, path } = error instanceof GraphQLError ? error : {}
  return new GraphQLError(message, { ...(nodes && { nodes }), ...(path && { path }), extensions })
}

/** A problem that a resolver throws is about its field only, so the HTTP status stays that of the whole answer. */
function maskedProblem(error: unknown, refused: Problem): GraphQLError {
  const { http, ...extensions } = graphqlProblem(refused).extensions
  const isOfField = error instanceof GraphQLError && error.path !== undefined
  return maskedError(
    error,
    refused.message,
    isOfField ? extensions : { ...extensions, ...(http && { http }) },
  )
}

/** Replaces Yoga's BAD_REQUEST for a mutation that was sent with GET. */
function withOurCode(error: GraphQLError): GraphQLError {
  if (error.extensions.http?.status === 405) error.extensions.code = 'METHOD_NOT_ALLOWED'
  return error
}

/** Makes the GraphQL error for a problem of the transport. */
export function graphqlProblem({ code, message, headers }: Problem): GraphQLError {
  const table: ProblemTable = problems
  const { status = 500, retryAfterSeconds, headers: ofCode } = table[code] ?? {}
  const mayPass = retryAfterSeconds !== undefined
  const allHeaders = { ...(mayPass && { 'retry-after': String(retryAfterSeconds) }), ...ofCode, ...headers }
  return new GraphQLError(message, {
    extensions: { code, ...(mayPass && { retryable: true }), http: { status, headers: allHeaders } },
  })
}

/** Returns what was thrown, without the errors that graphql-js wrapped around it. */
function causeOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? causeOf(error.originalError) : error
}

/** Whether graphql-js refused a value before a resolver ran. It gives such errors no code. */
function isCoercionError({ path, message, originalError }: GraphQLError): boolean {
  if (path === undefined) return /^Variable "/.test(message)
  const isResolversOwn = originalError && !(originalError instanceof GraphQLError)
  return !isResolversOwn && /^(?:Argument|Variable) "/.test(message)
}
