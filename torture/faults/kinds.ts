/** What fails. Within one group, only one thing fails at a time. */
export const groups = ['PostgreSQL', 'network to PostgreSQL', 'servers', 'network to servers'] as const
type Group = (typeof groups)[number]

/** Every kind of fault, its description, and how long it lasts in seconds. */
export const faultKinds = {
  'postgres killed': { group: 'PostgreSQL', seconds: [0.2, 2] },
  'backend killed': { group: 'PostgreSQL', seconds: [0.2, 1] },
  'postgres stopped and continued': { group: 'PostgreSQL', seconds: [0.5, 6] },
  'postgres restarted, fast': { group: 'PostgreSQL', seconds: [0.2, 2] },
  'postgres restarted, immediate': { group: 'PostgreSQL', seconds: [0.2, 2] },
  'out of connections': { group: 'PostgreSQL', seconds: [1, 5] },
  'out of disk': { group: 'PostgreSQL', seconds: [1, 4] },
  'database connections cut': { group: 'network to PostgreSQL', seconds: [0.5, 3] },
  'statements cut halfway': { group: 'network to PostgreSQL', seconds: [0.5, 3] },
  'results cut halfway': { group: 'network to PostgreSQL', seconds: [0.5, 3] },
  'commits without an answer': { group: 'network to PostgreSQL', seconds: [0.5, 3] },
  'database connections silent': { group: 'network to PostgreSQL', seconds: [5, 7] },
  'database network silent': { group: 'network to PostgreSQL', seconds: [5, 7] },
  'server killed': { group: 'servers', seconds: [0.2, 1] },
  'server stopped and replaced': { group: 'servers', seconds: [0.2, 1] },
  'all servers of an app killed': { group: 'servers', seconds: [0.2, 1] },
  'client connections cut': { group: 'network to servers', seconds: [0.5, 2] },
  'requests cut halfway': { group: 'network to servers', seconds: [0.5, 2] },
  'answers cut halfway': { group: 'network to servers', seconds: [0.5, 2] },
  'answers lost': { group: 'network to servers', seconds: [0.5, 2] },
} as const satisfies Record<
  string,
  { readonly group: Group; readonly seconds: readonly [least: number, most: number] }
>

export type FaultKind = keyof typeof faultKinds

/** All kinds, in the order of the table. */
export const allKinds = Object.keys(faultKinds).filter(isFaultKind)

function isFaultKind(name: string): name is FaultKind {
  return Object.hasOwn(faultKinds, name)
}
