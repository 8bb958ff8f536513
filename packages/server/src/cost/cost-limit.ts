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
 * The most that a document may cost. It is three times the cost of the most expensive uses of the ledger: a batch of
 * 1,000 postings, and a summary of 1,000 windows. A test checks it for every document of the project.
 */
export const maxCost = 240_000

type Asked = Pick<ExecutionArgs, 'document' | 'operationName' | 'variableValues'>

/**
 * Refuses documents that cost too much, before they run.
 *
 * @param refuse Called with the cost of a document that is cheap enough. It may refuse the document as well.
 * @returns the refusal, if any
 * @throws Error that names a field of the schema whose cost is wrong
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

/** The cost of an operation, with the numbers of the variables that decide it. */
interface Counted {
  readonly decidedBy: readonly string[]
  readonly numbers: string
  readonly cost: number
}

/**
 * Returns a function that counts a document's cost, and counts it again only when the variables that decide it change.
 */
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
