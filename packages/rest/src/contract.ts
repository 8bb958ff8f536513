import { messages } from '@shared-ledger/ledger/facts'
import { type GraphQLEnumType, type GraphQLSchema, isEnumType } from 'graphql'
import type { RunDocument } from './execute.ts'
import { LedgerDirectionsDocument } from './generated/documents.ts'
import { type FieldProblem, validationProblem } from './problem.ts'

/** One of the app's operations, as the schema describes it. */
export interface ContractOperation {
  readonly name: string
  readonly description: string | undefined
  /** Whether the app itself posts it. */
  readonly internal: boolean
}

/** What the routes know of an app: read from its schema alone. */
export interface Contract {
  readonly operations: readonly ContractOperation[]
  /** Those that a request can post: neither retired nor internal ones. */
  readonly postOperations: readonly ContractOperation[]
  /** Whether the app's owners send each other credits. */
  readonly hasTransfers: boolean
}

/** @throws Error when the schema lacks the ledger's contract. */
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

/** What is wrong with the name of an operation to post, in a field: nothing, that it is retired or internal, or that it is none. */
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

/** @throws Problem VALIDATION_ERROR that lists the app's operations. */
export function checkOperations({ operations }: Contract, names: readonly string[] | undefined): void {
  const problems = (names ?? []).flatMap((name) =>
    has(operations, name) ? [] : [noneOf(operations, 'operation')],
  )
  if (problems.length > 0) throw validationProblem(problems)
}

/** Where each operation moves credits: asked of the graph when first needed, then kept. */
export function createDirections(): (run: RunDocument) => Promise<ReadonlyMap<string, string>> {
  let known: ReadonlyMap<string, string> | undefined
  return async (run) => {
    if (known) return known
    const { result } = await run(LedgerDirectionsDocument, {})
    known = new Map(result.map(({ name, direction }) => [name, direction]))
    return known
  }
}
