import {
  type DocumentNode,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  parse,
} from 'graphql'
import { z } from 'zod'
import type { RunDocument } from './execute.ts'
import { type FieldProblem, validationProblem } from './problem.ts'

/** One of the app's operations, as the schema describes it. */
export interface ContractOperation {
  readonly name: string
  readonly description: string | undefined
}

/** What the routes know of an app: read from its schema alone. */
export interface Contract {
  readonly operations: readonly ContractOperation[]
  /** What the app calls its enum of operations. */
  readonly operationEnum: string
  /** Whether a query of the graph has an argument: what an app may leave out of its graph is not in its routes. */
  takes(query: string, argument: string): boolean
}

/** @throws Error when the schema lacks the ledger's contract. */
export function readContract(schema: GraphQLSchema): Contract {
  const field = schema.getMutationType()?.getFields().postLedgerEntry
  const input = field?.args.find(({ name }) => name === 'input')?.type
  const inputType = input && getNamedType(input)
  const operation = isInputObjectType(inputType) ? inputType.getFields().operation : undefined
  const operationEnum = operation && getNamedType(operation.type)
  if (!isEnumType(operationEnum)) {
    throw new Error('The schema has no postLedgerEntry(input: {operation}): add the ledger to it first.')
  }
  return {
    operationEnum: operationEnum.name,
    takes: (query, argument) =>
      schema
        .getQueryType()
        ?.getFields()
        [query]?.args.some(({ name }) => name === argument) ?? false,
    operations: operationEnum.getValues().map(({ name, description }) => ({
      name,
      description: description ?? undefined,
    })),
  }
}

/** What is wrong with the name of an operation in a field: nothing, or that it is none of the app's. */
export function operationProblems(
  { operations }: Contract,
  name: string,
  field = 'operation',
): readonly FieldProblem[] {
  if (operations.some((operation) => operation.name === name)) return []
  const names = operations.map((operation) => operation.name).join(', ')
  return [{ field, message: `must be one of ${names}` }]
}

/** @throws Problem VALIDATION_ERROR that lists the app's operations. */
export function checkOperations(contract: Contract, names: readonly string[] | undefined): void {
  const problems = (names ?? []).flatMap((name) => operationProblems(contract, name))
  if (problems.length > 0) throw validationProblem(problems)
}

const directionsDocument: DocumentNode = parse(
  'query LedgerDirections { ledgerOperations { name direction } }',
)

const directionsData = z.object({
  ledgerOperations: z.array(z.object({ name: z.string(), direction: z.string() })),
})

/** Where each operation moves credits: asked of the graph when first needed, then kept. */
export function createDirections(): (run: RunDocument) => Promise<ReadonlyMap<string, string>> {
  let known: ReadonlyMap<string, string> | undefined
  return async (run) => {
    if (known) return known
    const { ledgerOperations } = directionsData.parse(await run(directionsDocument, {}))
    known = new Map(ledgerOperations.map(({ name, direction }) => [name, direction]))
    return known
  }
}
