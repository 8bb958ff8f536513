import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLAbstractType,
  type GraphQLNamedOutputType,
  type GraphQLSchema,
  type InlineFragmentNode,
  isAbstractType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import { createFieldNumbers, type VariableValues } from './field-numbers.ts'
import { priceSchema } from './schema-costs.ts'

/** The most that an operation costs. */
interface DocumentCost {
  readonly cost: number
  /**
   * The variables whose numbers decide the cost (see `numbersOf`). Undefined when something other than numbers decides
   * it.
   */
  readonly decidedBy: readonly string[] | undefined
}

/** Counts the cost of an operation of a valid document with some variables. */
type CountCost = (
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: VariableValues,
) => DocumentCost

/**
 * Counts what documents cost. The time grows only with the length of the document.
 *
 * A field costs its weight. Each of its values adds 1, and the cost of what is selected on it. Conditions (`@skip`,
 * `@include`) count as met, and a field that is selected twice counts twice.
 *
 * @throws Error that names a field of the schema whose cost is wrong
 */
export function createCountCost(schema: GraphQLSchema): CountCost {
  const findPriced = priceSchema(schema)

  return (document, operation, variables) => {
    const fragments = fragmentsOf(document)
    const numbers = createFieldNumbers(schema, operation, variables)
    const counted = new Map<SelectionSetNode, Map<GraphQLNamedOutputType, number>>()

    const ofSelections = (selectionSet: SelectionSetNode, type: GraphQLNamedOutputType): number => {
      const ofTypes = counted.get(selectionSet) ?? new Map<GraphQLNamedOutputType, number>()
      counted.set(selectionSet, ofTypes)
      const known = ofTypes.get(type)
      if (known !== undefined) return known
      const cost = isAbstractType(type) ? ofMembers(selectionSet, type) : ofObject(selectionSet, type)
      ofTypes.set(type, cost)
      return cost
    }

    /** An interface or a union costs as much as its most expensive member. */
    const ofMembers = (selectionSet: SelectionSetNode, type: GraphQLAbstractType): number =>
      Math.max(0, ...schema.getPossibleTypes(type).map((member) => ofSelections(selectionSet, member)))

    const ofObject = ({ selections }: SelectionSetNode, type: GraphQLNamedOutputType): number => {
      let cost = 0
      for (const selection of selections) cost += ofSelection(selection, type)
      return cost
    }

    const ofSelection = (selection: SelectionNode, type: GraphQLNamedOutputType): number => {
      if (selection.kind === Kind.FIELD) return ofField(selection, type)
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value)
      return fragment && applies(fragment, type) ? ofSelections(fragment.selectionSet, type) : 0
    }

    const ofField = (node: FieldNode, parent: GraphQLNamedOutputType): number => {
      const priced = findPriced(parent.name, node.name.value)
      if (!priced) return 1 // __typename
      const ofValue = 1 + (node.selectionSet ? ofSelections(node.selectionSet, priced.type) : 0)
      return numbers.weight(priced, node) + numbers.size(priced, node) * ofValue
    }

    const applies = (
      { typeCondition }: FragmentDefinitionNode | InlineFragmentNode,
      type: GraphQLNamedOutputType,
    ): boolean => {
      const condition = typeCondition ? schema.getType(typeCondition.name.value) : type
      return (
        condition === type ||
        (isAbstractType(condition) && isObjectType(type) && schema.isSubType(condition, type))
      )
    }

    const root = schema.getRootType(operation.operation)
    const cost = root ? ofSelections(operation.selectionSet, root) : 0
    return { cost: Math.min(Math.ceil(cost), Number.MAX_SAFE_INTEGER), decidedBy: numbers.asked }
  }
}

/** Returns the fragments of a document, by name. */
export function fragmentsOf({ definitions }: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  return new Map(
    definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [],
    ),
  )
}
