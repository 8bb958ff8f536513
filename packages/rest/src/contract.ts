import { messages } from '@shared-ledger/ledger/facts'
import { type GraphQLEnumType, type GraphQLSchema, isEnumType } from 'graphql'
import type { RunDocument } from './execute.ts'
import { LedgerDirectionsDocument } from './generated/documents.ts'
import { type FieldProblem, validationProblem } from './problem.ts'

/** One of the app's operations, as the schema describes it. */
interface ContractOperation {
  readonly name: string
  readonly description: string | undefined
  /** Whether only the app itself posts it. */
  readonly internal: boolean
}

/** What the routes know about an app. All of it is read from the app's schema. */
export interface Contract {
  readonly operations: readonly ContractOperation[]
  /** The operations that a request can post: neither retired nor internal. */
  readonly postOperations: readonly ContractOperation[]
  /** Whether the app has transfers between its owners. */
  readonly hasTransfers: boolean
}

/** @throws Error when the schema lacks the ledger's types */
export function readContract(schema: GraphQLSchema): Contract {
  const operations = schema.getType('LedgerOperation')
  const postOperations = schema.getType('LedgerPostOperation')
  if (!isEnumType(operations) || !isEnumType(postOperations)) {
    throw new Error('The schema has no LedgerOperation and LedgerPostOperation: add the ledger to it first.')
  }
  return {
    hasTransfers: schema.getMutationType()?.getFields().transferCredits !== undefined,
    operations: operationsOf(operations),
    postOperations: operationsOf(postOperations),
  }
}

function operationsOf(type: GraphQLEnumType): ContractOperation[] {
  return type.getValues().map(({ name, description, extensions }) => ({
    name,
    description: description ?? undefined,
    internal: extensions.internal === true,
  }))
}

/**
 * Returns what is wrong with an operation that a request wants to post: it is retired, internal, or unknown. Returns
 * nothing when it can be posted.
 */
export function postOperationProblems(
  { operations, postOperations }: Contract,
  name: string,
  field = 'operation',
): readonly FieldProblem[] {
  if (has(postOperations, name)) return []
  const operation = operations.find((one) => one.name === name)
  if (!operation) return [noneOf(postOperations, field)]
  return [{ field, message: operation.internal ? messages.internal(name) : messages.retired(name) }]
}

const has = (operations: readonly ContractOperation[], name: string) =>
  operations.some((operation) => operation.name === name)

function noneOf(operations: readonly ContractOperation[], field: string): FieldProblem {
  return { field, message: `must be one of ${operations.map(({ name }) => name).join(', ')}` }
}

/** @throws Problem VALIDATION_ERROR that lists the app's operations */
export function checkOperations({ operations }: Contract, names: readonly string[] | undefined): void {
  const problems = (names ?? []).flatMap((name) =>
    has(operations, name) ? [] : [noneOf(operations, 'operation')],
  )
  if (problems.length > 0) throw validationProblem(problems)
}

/**
 * Returns a function that tells each operation's direction. It asks the graph on the first call and caches the answer.
 */
export function createDirections(): (run: RunDocument) => Promise<ReadonlyMap<string, string>> {
  let known: ReadonlyMap<string, string> | undefined
  return async (run) => {
    if (known) return known
    const { result } = await run(LedgerDirectionsDocument, {})
    known = new Map(result.map(({ name, direction }) => [name, direction]))
    return known
  }
}
