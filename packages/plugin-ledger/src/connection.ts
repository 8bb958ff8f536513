import type { ObjectRef } from '@pothos/core'
import type { Page } from '@shared-ledger/ledger'
import type { BuilderTypes, LedgerBuilder } from './builder.ts'

/** Adds the connection of a list: its pages, in the shape that Relay knows. */
export function addConnection<Node>(
  builder: LedgerBuilder,
  node: ObjectRef<BuilderTypes, Node>,
  description: string,
) {
  const Edge = builder.objectRef<Page<Node>['edges'][number]>(`${node.name}Edge`).implement({
    fields: (t) => ({
      cursor: t.exposeString('cursor', { nullable: false }),
      node: t.field({ type: node, nullable: false, resolve: (edge) => edge.node as never }),
    }),
  })
  return builder.objectRef<Page<Node>>(`${node.name}Connection`).implement({
    description,
    fields: (t) => ({
      edges: t.field({ type: [Edge], nullable: false, resolve: (page) => [...page.edges] as never }),
      pageInfo: t.expose('pageInfo', { type: builder.pageInfoRef(), nullable: false }),
    }),
  })
}
