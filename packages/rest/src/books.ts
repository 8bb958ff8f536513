import {
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  type NameNode,
  type OperationDefinitionNode,
  TypeInfo,
  type VariableDefinitionNode,
  type VariableNode,
  visit,
  visitWithTypeInfo,
} from 'graphql'

/** The name of the graph's enum of books, which an app with one book does not have. */
export const bookEnum = 'LedgerBook'

const nameOf = (value: string): NameNode => ({ kind: Kind.NAME, value })
const book = nameOf('book')
const variable: VariableNode = { kind: Kind.VARIABLE, name: book }
const field: FieldNode = { kind: Kind.FIELD, name: book }
const argument: ArgumentNode = { kind: Kind.ARGUMENT, name: book, value: variable }
const definition: VariableDefinitionNode = {
  kind: Kind.VARIABLE_DEFINITION,
  variable,
  type: { kind: Kind.NAMED_TYPE, name: nameOf(bookEnum) },
}

/**
 * Returns a function that adds books to the documents of an app with several: `book` wherever a selected type has it, and
 * a variable `$book` for each argument of that name. It returns the documents of an app with one book unchanged.
 */
export function createBookWriter(schema: GraphQLSchema): (document: DocumentNode) => DocumentNode {
  if (!schema.getType(bookEnum)) return (document) => document
  const written = new WeakMap<DocumentNode, DocumentNode>()
  return (document) => {
    const known = written.get(document) ?? withBooks(schema, document)
    written.set(document, known)
    return known
  }
}

function withBooks(schema: GraphQLSchema, document: DocumentNode): DocumentNode {
  const info = new TypeInfo(schema)
  /** Operations that have a variable of this name already. It may mean something else. */
  const hasOwn = ({ variableDefinitions = [] }: OperationDefinitionNode) =>
    variableDefinitions.some((one) => one.variable.name.value === book.value)
  let isOpen = false
  let isUsed = false
  return visit(
    document,
    visitWithTypeInfo(info, {
      OperationDefinition: {
        enter(operation) {
          isOpen = !hasOwn(operation)
          isUsed = false
        },
        leave(operation) {
          isOpen = false
          if (!isUsed) return undefined
          return { ...operation, variableDefinitions: [...(operation.variableDefinitions ?? []), definition] }
        },
      },
      Field: {
        leave(node) {
          const given = node.arguments ?? []
          if (!isOpen || !info.getFieldDef()?.args.some(isBook) || given.some(isNamedBook)) return undefined
          isUsed = true
          return { ...node, arguments: [...given, argument] }
        },
      },
      SelectionSet: {
        leave(node) {
          const parent = info.getParentType()
          if (!isObjectType(parent) && !isInterfaceType(parent)) return undefined
          const own = parent.getFields()[book.value]
          const isSelected = node.selections.some(
            (selection) =>
              selection.kind === Kind.FIELD && isNamedBook({ name: selection.alias ?? selection.name }),
          )
          if (!own || !isBook(own) || isSelected) return undefined
          return { ...node, selections: [...node.selections, field] }
        },
      },
    }),
  )
}

function isBook({ name, type }: GraphQLField<unknown, unknown> | GraphQLArgument): boolean {
  return name === book.value && getNamedType(type).name === bookEnum
}

function isNamedBook({ name }: { readonly name: NameNode }): boolean {
  return name.value === book.value
}
