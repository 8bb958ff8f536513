import { problems } from '@shared-ledger/rest'
import { type ExecutionArgs, type ExecutionResult, getOperationAST } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { GraphqlServerContext } from './graphql-server-context.ts'

interface Running {
  readonly args: Pick<ExecutionArgs, 'document' | 'operationName'> & {
    readonly contextValue: Partial<GraphqlServerContext>
  }
}

/** Notes a request's operation and outcome for its log line. */
export function useRequestLine(): Plugin<Partial<GraphqlServerContext>, GraphqlServerContext> {
  const noteOperation = ({ args: { document, operationName, contextValue } }: Running) => {
    const { line } = contextValue
    if (line) line.operation = getOperationAST(document, operationName)?.name?.value
  }
  return {
    onExecute: noteOperation,
    onSubscribe: noteOperation,
    onResultProcess({ result, serverContext: { line } }) {
      if (!Array.isArray(result) && !(Symbol.asyncIterator in result)) line.outcome = outcomeOf(result)
    },
  }
}

/** Returns the first error's code, else a refusal's code or type if the document selected it, else `ok`. */
export function outcomeOf({ data, errors }: Pick<ExecutionResult, 'data' | 'errors'>): string {
  const [error] = errors ?? []
  if (error) return 'code' in error.extensions ? String(error.extensions.code) : 'ERROR'
  const fields = typeof data === 'object' && data !== null ? Object.values(data) : []
  for (const field of fields) {
    if (typeof field !== 'object' || field === null) continue
    const { __typename: type, code }: { __typename?: unknown; code?: unknown } = field
    // An alias may give a nonce the name `code`, or even `__typename`. Without a type, a text counts as a code only if
    // it is a known one.
    if (typeof code === 'string' && Object.hasOwn(problems, code)) return code
    if (typeof type !== 'string' || !/^[A-Z]\w*Error$/.test(type)) continue
    return typeof code === 'string' && /^[A-Z_]+$/.test(code) ? code : type
  }
  return 'ok'
}
