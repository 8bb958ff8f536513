import type { AppRefusal, RefusalClass } from '@shared-ledger/ledger'
import type { Graph } from './graph.ts'

/** Adds the types of an app's own errors. REST reads the problem of each from its type. */
export function addRefusals({ builder, types }: Graph, refusals: readonly RefusalClass[]): void {
  const interfaces = [types.Error]
  for (const refusal of refusals) {
    const { name, ...problem } = refusal.facts
    const type: new () => AppRefusal = refusal
    builder.objectType(type, {
      name,
      description: problem.meaning,
      interfaces,
      extensions: { problem },
    })
  }
}
