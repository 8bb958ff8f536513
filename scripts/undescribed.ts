import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedDirective,
} from 'graphql'

interface Part {
  readonly name: string
  readonly description?: string | null | undefined
}

/**
 * Returns the parts of a schema without a description: types, fields, arguments, values and directives, such as
 * `Round.entry`.
 */
export function undescribed(schema: GraphQLSchema): string[] {
  const types = Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type))
  const directives = schema.getDirectives().filter((directive) => !isSpecifiedDirective(directive))
  const parts = [
    ...types.flatMap((type) => [type, ...within(type.name, membersOf(type))]),
    ...directives.flatMap((directive) => [directive, ...within(directive.name, directive.args)]),
  ]
  return parts.filter(({ description }) => !description?.trim()).map(({ name }) => name)
}

/** Returns the parts of something by their names, with the arguments of a field. */
function within(owner: string, parts: readonly (Part | GraphQLField<unknown, unknown>)[]): Part[] {
  return parts.flatMap((part) => {
    const { description } = part
    const name = `${owner}.${part.name}`
    return [{ name, description }, ...('args' in part ? within(name, part.args) : [])]
  })
}

function membersOf(type: GraphQLNamedType): readonly (Part | GraphQLField<unknown, unknown>)[] {
  if (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)) {
    return Object.values(type.getFields())
  }
  return isEnumType(type) ? type.getValues() : []
}
