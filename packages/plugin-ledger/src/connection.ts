import type { ArgBuilder, ObjectRef, UnionRef } from '@pothos/core'
import { limits, type Page } from '@shared-ledger/ledger'
import { reached } from './access.ts'
import type { BuilderTypes, LedgerBuilder } from './builder.ts'

/** Adds the connection of a list: its pages, in Relay's shape. */
export function addConnection<Node>(
  builder: LedgerBuilder,
  node: ObjectRef<BuilderTypes, Node> | UnionRef<BuilderTypes, Node>,
  description: string,
) {
  const Edge = builder.objectRef<Page<Node>['edges'][number]>(`${node.name}Edge`).implement({
    description: `A \`${node.name}\` in a page.`,
    fields: (t) => ({
      cursor: t.exposeString('cursor', {
        nullable: false,
        description: 'Its place in the list, for `after` and `before`.',
      }),
      node: t.field({
        type: node,
        access: reached,
        nullable: false,
        description: 'What stands there.',
        resolve: (edge) => edge.node as never,
      }),
    }),
  })
  return builder.objectRef<Page<Node>>(`${node.name}Connection`).implement({
    description,
    fields: (t) => ({
      edges: t.field({
        type: [Edge],
        nullable: false,
        description: 'The nodes of the page, in the order of the list.',
        resolve: (page) => [...page.edges] as never,
      }),
      pageInfo: t.expose('pageInfo', {
        type: builder.pageInfoRef(),
        nullable: false,
        description: 'The cursors of its ends, and whether the list goes on there.',
      }),
    }),
  })
}

/** The arguments that select a page of a list. */
export const pageArgs = (arg: ArgBuilder<BuilderTypes>) => ({
  before: arg.string({ description: 'Only nodes before this cursor.' }),
  after: arg.string({ description: 'Only nodes after this cursor.' }),
  first: arg.int({ description: `How many from the start, 1 to ${limits.pageSize}. Not with \`last\`.` }),
  last: arg.int({ description: `How many from the end, 1 to ${limits.pageSize}. Not with \`first\`.` }),
})
