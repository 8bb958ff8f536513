import {
  type ArgumentNode,
  type ExecutionArgs,
  type FieldNode,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql'
import { fragmentsOf } from './document-cost.ts'
import { mutationWeight } from './field-cost.ts'

type Asked = Pick<ExecutionArgs, 'document' | 'operationName' | 'variableValues'>

/** What is read costs so much for each request that it counts for: a page of 100 entries with all of their fields. */
export const costPerRequest = 2_000

/**
 * For how many requests a document counts, at least 1: a mutation for each item of its lists, a batch of 1,000 postings for
 * 1,000 then; what is read, of mutations too, for its cost.
 *
 * @param cost What the document costs.
 */
export function countRequests(asked: Asked, cost: number): number {
  const operation = getOperationAST(asked.document, asked.operationName)
  if (operation?.operation !== 'mutation') return Math.max(1, Math.ceil(cost / costPerRequest))
  const fields = rootFields(asked, operation)
  const countItems = createCountItems(operation, asked.variableValues ?? {})
  const writes = fields.reduce((sum, { arguments: given }) => sum + Math.max(1, countItems(given)), 0)
  const read = Math.max(0, cost - fields.length * mutationWeight)
  return Math.max(writes, Math.ceil(read / costPerRequest))
}

/** The fields of an operation, one for each name of the answer: as they are executed. */
function rootFields({ document }: Asked, { selectionSet }: OperationDefinitionNode): readonly FieldNode[] {
  const fragments = fragmentsOf(document)
  const fields = new Map<string, FieldNode>()
  const spread = new Set<string>()
  const collect = ({ selections }: SelectionSetNode) => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const name = (selection.alias ?? selection.name).value
        if (!fields.has(name)) fields.set(name, selection)
      } else if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet)
      else if (!spread.has(selection.name.value)) {
        spread.add(selection.name.value)
        const fragment = fragments.get(selection.name.value)
        if (fragment) collect(fragment.selectionSet)
      }
    }
  }
  collect(selectionSet)
  return [...fields.values()]
}

/** Counts the items of the lists in arguments, as a client sent them; of a list of lists, those of the inner ones. */
function createCountItems(
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
) {
  const counted = new Map<string, number>()
  const ofVariable = (name: string): number => {
    const known = counted.get(name)
    if (known !== undefined) return known
    const definition = variableDefinitions.find(({ variable }) => variable.name.value === name)
    const given = variables[name]
    const items =
      given === undefined && definition?.defaultValue ? ofNode(definition.defaultValue) : itemsOf(given)
    counted.set(name, items)
    return items
  }
  const ofNode = (node: ValueNode): number => {
    if (node.kind === Kind.VARIABLE) return ofVariable(node.name.value)
    if (node.kind === Kind.LIST) return sum(node.values, (value) => Math.max(1, ofNode(value)))
    return node.kind === Kind.OBJECT ? sum(node.fields, ({ value }) => ofNode(value)) : 0
  }
  return (given: readonly ArgumentNode[] = []) => sum(given, ({ value }) => ofNode(value))
}

function itemsOf(value: unknown): number {
  if (Array.isArray(value)) return sum(value, (item) => Math.max(1, itemsOf(item)))
  return typeof value === 'object' && value !== null ? sum(Object.values(value), itemsOf) : 0
}

function sum<Item>(items: readonly Item[], numberOf: (item: Item) => number): number {
  return items.reduce((total, item) => total + numberOf(item), 0)
}
