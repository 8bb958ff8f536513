import {
  BasePlugin,
  type PothosOutputFieldConfig,
  type PothosOutputFieldType,
  PothosSchemaError,
  type PothosTypeConfig,
  type SchemaTypes,
} from '@pothos/core'
import type { NestedAccess } from './access.ts'
import {
  type AnyAccess,
  type Resolve,
  withAccess,
  withNestedAccess,
  withOwnFound,
  withOwnPart,
} from './guards.ts'
import { accountTypes } from './own.ts'

/** Descriptions of types that are not the ledger's own, unless the app has its own description. */
const typeDescriptions: Readonly<Record<string, string>> = {
  Query: 'What can be read.',
  Mutation:
    'What can be done. A mutation that posts has a nonce. Sent again with the same nonce, it posts nothing twice.',
  Subscription: 'What can be followed as it happens.',
  PageInfo: "The cursors of a page's ends, and whether the list goes on there.",
}

/** Descriptions of their fields. */
const fieldDescriptions: Readonly<Record<string, string>> = {
  'PageInfo.hasNextPage': 'Whether the list goes on after the page.',
  'PageInfo.hasPreviousPage': 'Whether the list goes on before the page.',
  'PageInfo.startCursor': 'The cursor of the first edge. Null for an empty page.',
  'PageInfo.endCursor': 'The cursor of the last edge. Null for an empty page.',
}

/** Gives a builder `addLedger`, and fields their `cost` and `access`. */
export class PothosLedgerPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onTypeConfig(type: PothosTypeConfig): PothosTypeConfig {
    return described(type, typeDescriptions[type.name])
  }

  override onOutputFieldConfig(field: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    return described(withCost(field), fieldDescriptions[`${field.parentType}.${field.name}`])
  }

  /**
   * Checks access in root fields, and in fields that lead to an account. An owner only gets what belongs to its own
   * account.
   */
  override wrapResolve(resolve: Resolve, field: PothosOutputFieldConfig<Types>): Resolve {
    const { nullable } = field.type
    const names = this.#typesOf(field.type)
    const isOfAccounts = names.some((name) => accountTypes.has(name))
    const own = isOfAccounts ? withOwnPart(resolve, { isUnion: names.length > 1, nullable }) : resolve
    if (!isRoot(field)) return isOfAccounts ? withNestedAccess(own, nestedAccessOf(field)) : own
    const access = accessOf(field)
    if (field.kind === 'Subscription') return own // checked when it opens, not for each event
    const { owner } = access
    return withAccess(typeof owner === 'object' ? withOwnFound(own, owner.found, nullable) : own, access)
  }

  override wrapSubscribe(
    subscribe: Resolve | undefined,
    field: PothosOutputFieldConfig<Types>,
  ): Resolve | undefined {
    return subscribe && isRoot(field) ? withAccess(subscribe, accessOf(field)) : subscribe
  }

  /** Returns the name of a type or of a list's items. For a union it adds its members. */
  #typesOf(type: PothosOutputFieldType<Types>): readonly string[] {
    if (type.kind === 'List') return this.#typesOf(type.type)
    const config = this.buildCache.getTypeConfig(type.ref)
    const members = config.kind === 'Union' ? config.types : []
    return [config.name, ...members.map((member) => this.buildCache.getTypeConfig(member).name)]
  }
}

/** Returns who may use a field that leads to an account. */
function nestedAccessOf<Types extends SchemaTypes>({
  pothosOptions,
}: PothosOutputFieldConfig<Types>): NestedAccess {
  return ('access' in pothosOptions && pothosOptions.access) || { action: 'read' }
}

const roots: ReadonlySet<string> = new Set(['Query', 'Mutation', 'Subscription'])

function isRoot<Types extends SchemaTypes>({ kind, parentType }: PothosOutputFieldConfig<Types>): boolean {
  return roots.has(kind) || roots.has(parentType)
}

function isOfRoot(access: AnyAccess | NestedAccess): access is AnyAccess {
  return 'owner' in access
}

/** @throws PothosSchemaError for what the compiler refuses too */
function accessOf<Types extends SchemaTypes>({
  kind,
  pothosOptions,
  parentType,
  name,
}: PothosOutputFieldConfig<Types>): AnyAccess {
  const access = 'access' in pothosOptions ? pothosOptions.access : undefined
  const field = `${parentType}.${name}`
  if (!access || !isOfRoot(access)) {
    throw new PothosSchemaError(`${field} does not say who may use it: give it access: { action, owner }.`)
  }
  if (kind !== 'Query' && typeof access.owner === 'object') {
    throw new PothosSchemaError(
      `${field} has already acted when it finds its owner: name the owner by its arguments.`,
    )
  }
  return access
}

/**
 * Servers read the cost from the field's extensions. An exposed field costs nothing to resolve, even if it is an
 * object.
 */
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
