import { messages } from '@shared-ledger/ledger/facts'
import { type GraphQLEnumType, type GraphQLSchema, isEnumType } from 'graphql'
import { bookEnum } from './books.ts'
import type { RunDocument } from './execute.ts'
import { unknownField } from './fields.ts'
import { LedgerDirectionsDocument } from './generated/documents.ts'
import { type FieldProblem, validationProblem } from './problem.ts'

/** A value of one of the schema's enums. */
interface ContractValue {
  readonly name: string
  readonly description: string | undefined
}

/** One of the app's operations, as the schema describes it. */
interface ContractOperation extends ContractValue {
  /** Whether only the app itself posts it. */
  readonly internal: boolean
}

/** What the routes know about an app. All of it is read from the app's schema. */
export interface Contract {
  readonly operations: readonly ContractOperation[]
  /** The operations that a request can post: neither retired nor internal. */
  readonly postOperations: readonly ContractOperation[]
  /** The books of an app with several, in lower case as its operations name them. Empty for an app with one. */
  readonly books: readonly ContractValue[]
  /** Whether the app has transfers between its owners. */
  readonly hasTransfers: boolean
  /** The operations that take credits of one book for those of another. Empty for an app without exchanges. */
  readonly exchanges: readonly ContractValue[]
  /** Whether the app has lots: credits that may expire. */
  readonly hasLots: boolean
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
    books: valuesOf(schema, bookEnum).map(({ name, ...book }) => ({ ...book, name: name.toLowerCase() })),
    exchanges: valuesOf(schema, 'LedgerExchange'),
    hasLots: schema.getType('LedgerLot') !== undefined,
  }
}

function valuesOf(schema: GraphQLSchema, name: string): ContractValue[] {
  const type = schema.getType(name)
  if (!isEnumType(type)) return []
  return type.getValues().map((value) => ({ name: value.name, description: value.description ?? undefined }))
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

const has = (values: readonly ContractValue[], name: string) => values.some((value) => value.name === name)

function noneOf(values: readonly ContractValue[], field: string): FieldProblem {
  return { field, message: `must be one of ${values.map(({ name }) => name).join(', ')}` }
}

/** @throws Problem VALIDATION_ERROR that lists the operations that begin an exchange */
export function checkExchange({ exchanges }: Contract, name: string): void {
  if (!has(exchanges, name)) throw validationProblem([noneOf(exchanges, 'operation')])
}

/** @throws Problem VALIDATION_ERROR that lists the app's operations */
export function checkOperations({ operations }: Contract, names: readonly string[] | undefined): void {
  const problems = (names ?? []).flatMap((name) =>
    has(operations, name) ? [] : [noneOf(operations, 'operation')],
  )
  if (problems.length > 0) throw validationProblem(problems)
}

/**
 * Returns the graph's argument for a book that a request names, if it names one.
 *
 * @throws Problem VALIDATION_ERROR that lists the app's books. An app with one book does not know the field.
 */
export function bookArgument(
  { books }: Contract,
  name: string | null | undefined,
): { readonly book?: string | null } {
  if (name === undefined) return {}
  if (books.length === 0) throw validationProblem([{ field: 'book', message: unknownField }])
  if (name !== null && !has(books, name)) throw validationProblem([noneOf(books, 'book')])
  return { book: name?.toUpperCase() ?? null }
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
