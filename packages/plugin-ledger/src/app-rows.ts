import type { ArgBuilder, SchemaTypes } from '@pothos/core'
import { limits } from '@shared-ledger/ledger'

/**
 * The arguments of a page of an owner's rows, for the app's own list. `rowsOfOwner` turns them into a query.
 *
 * @example
 * ```ts
 * rounds: t.prismaField({
 *   type: [Round],
 *   nullable: false,
 *   description: "An owner's rounds, newest first.",
 *   args: ownerRowsArgs(t.arg),
 *   access: { action: 'read', owner: ({ ownerId }) => ownerId },
 *   resolve: (query, _root, args) => prisma.round.findMany({ ...query, ...rowsOfOwner(args) }),
 * })
 * ```
 */
export const ownerRowsArgs = <Types extends SchemaTypes>(arg: ArgBuilder<Types>) => ({
  ownerId: arg.string({ required: true, description: 'Whose they are.' }),
  first: arg.int({ description: `How many, 1 to ${limits.pageSize}; left out: ${limits.defaultPageSize}.` }),
  after: arg.id({ description: 'The id of the last one read.' }),
})
