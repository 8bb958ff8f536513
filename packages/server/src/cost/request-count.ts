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

/** The cost of reads that counts as one request: a page of 100 entries with all of their fields. */
export const costPerRequest = 2_000

/**
 * Returns how many requests a document counts as, at least 1.
 *
 * A mutation counts once for each item of its lists: a batch of 1,000 postings counts as 1,000 requests. Reads count by
 * their cost, also those within a mutation's answer.
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

/** Returns the fields that are executed at the root, one for each name of the answer. */
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

/** Counts the items of the lists in arguments, as a client sent them. In a list of lists, the inner items count. */
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
