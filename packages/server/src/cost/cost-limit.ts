import { problems } from '@shared-ledger/rest'
import {
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
} from 'graphql'
import { createCountCost } from './document-cost.ts'
import { numbersOf } from './field-numbers.ts'

/**
 * The most that a document may cost. It is three times what the most expensive uses of the ledger cost: a batch of 1,000
 * postings, and a summary of 1,000 windows; a test proves it of every document that comes with the project.
 */
export const maxCost = 240_000

type Asked = Pick<ExecutionArgs, 'document' | 'operationName' | 'variableValues'>

/**
 * Refuses documents that cost too much, before anything of them runs.
 *
 * @param refuse Asked about what does not, with its cost.
 * @returns the refusal, if it is one.
 * @throws Error that names a field of the schema whose cost is wrong.
 */
export function createCostLimit<Args extends Asked>(
  schema: GraphQLSchema,
  refuse: (asked: Args, cost: number) => GraphQLError | undefined = () => undefined,
): (asked: Args) => ExecutionResult | undefined {
  const costOf = createCostOf(schema)
  return (asked) => {
    const cost = costOf(asked)
    const refused = cost > maxCost ? tooExpensive(cost) : refuse(asked, cost)
    return refused && { errors: [refused] }
  }
}

/** What an operation was found to cost, with these numbers of the variables that decide it. */
interface Counted {
  readonly decidedBy: readonly string[]
  readonly numbers: string
  readonly cost: number
}

/** Counts again where variables decide it and are others than the last time. */
function createCostOf(schema: GraphQLSchema): (asked: Asked) => number {
  const countCost = createCountCost(schema)
  const counted = new WeakMap<OperationDefinitionNode, Counted>()
  return ({ document, operationName, variableValues }) => {
    const operation = getOperationAST(document, operationName)
    if (!operation) return 0 // nothing is executed
    const variables = variableValues ?? {}
    const last = counted.get(operation)
    if (last && numbersOf(last.decidedBy, variables) === last.numbers) return last.cost
    const { cost, decidedBy } = countCost(document, operation, variables)
    if (decidedBy) counted.set(operation, { decidedBy, numbers: numbersOf(decidedBy, variables), cost })
    return cost
  }
}

function tooExpensive(cost: number): GraphQLError {
  const { status } = problems.QUERY_TOO_EXPENSIVE
  const [asked, most] = [cost, maxCost].map((number) => number.toLocaleString('en'))
  return new GraphQLError(
    `The document costs ${asked}, more than ${most}: ask for shorter lists (first, last), for fewer fields of their items, or in several requests.`,
    { extensions: { code: 'QUERY_TOO_EXPENSIVE', cost, maxCost, http: { status } } },
  )
}
