import { NotFoundError } from '@shared-ledger/ledger'
import type { Graph } from '../graph.ts'

/** Adds the error of an id that names nothing. */
export function addNotFoundError({ builder, ErrorInterface }: Graph): void {
  builder.objectType(NotFoundError, {
    name: 'NotFoundError',
    description: 'The app has no transaction, entry or hold with this id. Nothing was posted.',
    interfaces: [ErrorInterface],
  })
}
