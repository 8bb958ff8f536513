import {
  BasePlugin,
  type PothosOutputFieldConfig,
  type PothosTypeConfig,
  type SchemaTypes,
} from '@pothos/core'

/** What is said of a type that is not the ledger's own, and of which the app says nothing. */
const typeDescriptions: Readonly<Record<string, string>> = {
  Query: 'What can be read.',
  Mutation:
    'What can be done. A mutation that posts has a nonce: sent again with it, nothing is posted twice.',
  Subscription: 'What can be followed as it happens.',
  PageInfo: 'The ends of a page, and whether the list goes on beyond them.',
}

/** The same of fields. */
const fieldDescriptions: Readonly<Record<string, string>> = {
  'PageInfo.hasNextPage': 'Whether the list goes on after the page.',
  'PageInfo.hasPreviousPage': 'Whether the list goes on before the page.',
  'PageInfo.startCursor': 'The cursor of the first edge; null: the page has none.',
  'PageInfo.endCursor': 'The cursor of the last edge; null: the page has none.',
}

/** Gives a builder `addLedger`, where all that the ledger adds to a graph is added, and fields their `cost`. */
export class PothosLedgerPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onTypeConfig(type: PothosTypeConfig): PothosTypeConfig {
    return described(type, typeDescriptions[type.name])
  }

  override onOutputFieldConfig(field: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    return described(withCost(field), fieldDescriptions[`${field.parentType}.${field.name}`])
  }
}

/** Servers read the cost from the field's extensions. What is exposed is there already, object or not. */
function withCost<Types extends SchemaTypes>(
  field: PothosOutputFieldConfig<Types>,
): PothosOutputFieldConfig<Types> {
  const isExposed = field.extensions?.pothosExposedField !== undefined
  const { cost = isExposed ? { weight: 0 } : undefined } = field.pothosOptions
  return cost ? { ...field, extensions: { ...field.extensions, cost } } : field
}

function described<Config extends { readonly description?: string | null | undefined }>(
  config: Config,
  description: string | undefined,
): Config {
  return config.description || !description ? config : { ...config, description }
}
