import {
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  Kind,
  type NameNode,
  OperationTypeNode,
  type SelectionNode,
  type SelectionSetNode,
  type VariableDefinitionNode,
  type VariableNode,
} from 'graphql'

/** The queries and subscriptions that have the argument `book`, in an app with several books. */
const reads: ReadonlySet<string> = new Set([
  'accountEntries',
  'balance',
  'ledgerAccounts',
  'ledgerEntries',
  'ledgerEntryByNonce',
  'ledgerEntryPosted',
  'ledgerHolds',
  'ledgerLotSummary',
  'ledgerLots',
  'ledgerOutstanding',
  'ledgerSummary',
  'ledgerTotals',
])

/** The types of the client's fragments that have the field `book`, in an app with several books. */
const types: ReadonlySet<string> = new Set([
  'LedgerBalance',
  'LedgerEntry',
  'LedgerHold',
  'LedgerLot',
  'LedgerOperationInfo',
  'LedgerOtherAppsEntry',
])

const nameOf = (value: string): NameNode => ({ kind: Kind.NAME, value })
const name = nameOf('book')
const variable: VariableNode = { kind: Kind.VARIABLE, name }
const field: FieldNode = { kind: Kind.FIELD, name }
const argument: ArgumentNode = { kind: Kind.ARGUMENT, name, value: variable }
const definition: VariableDefinitionNode = {
  kind: Kind.VARIABLE_DEFINITION,
  variable,
  type: { kind: Kind.NAMED_TYPE, name: nameOf('LedgerBook') },
}

const rewritten = new WeakMap<DocumentNode, DocumentNode>()

/**
 * Returns a document of the client as an app with several books has it: reads name a book, and answers have theirs. Each
 * document is rewritten once.
 */
export function inBooks(document: DocumentNode): DocumentNode {
  const known = rewritten.get(document) ?? rewrite(document)
  rewritten.set(document, known)
  return known
}

function rewrite({ definitions, ...document }: DocumentNode): DocumentNode {
  return {
    ...document,
    definitions: definitions.map((part) => {
      if (part.kind === Kind.FRAGMENT_DEFINITION && types.has(part.typeCondition.name.value)) {
        return { ...part, selectionSet: select(part.selectionSet, [...part.selectionSet.selections, field]) }
      }
      if (part.kind !== Kind.OPERATION_DEFINITION || part.operation === OperationTypeNode.MUTATION)
        return part
      const { selectionSet, variableDefinitions = [] } = part
      if (!selectionSet.selections.some(isRead)) return part
      const selections = selectionSet.selections.map((read) =>
        isRead(read) ? { ...read, arguments: [...(read.arguments ?? []), argument] } : read,
      )
      return {
        ...part,
        variableDefinitions: [...variableDefinitions, definition],
        selectionSet: select(selectionSet, selections),
      }
    }),
  }
}

function isRead(selection: SelectionNode): selection is FieldNode {
  return selection.kind === Kind.FIELD && reads.has(selection.name.value)
}

function select(set: SelectionSetNode, selections: readonly SelectionNode[]): SelectionSetNode {
  return { ...set, selections }
}
