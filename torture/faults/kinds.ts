/** What fails. Within one group, only one thing fails at a time. */
export const groups = [
  'PostgreSQL',
  'shards',
  'network to PostgreSQL',
  'servers',
  'network to servers',
] as const
type Group = (typeof groups)[number]

interface Kind {
  readonly group: Group
  /** How long it lasts. */
  readonly seconds: readonly [least: number, most: number]
  /** Where it can happen. Everywhere when left out. */
  readonly only?: 'one PostgreSQL' | 'a cluster'
}

/** Every kind of fault. On a cluster, those of PostgreSQL happen to any node. */
export const faultKinds = {
  'postgres killed': { group: 'PostgreSQL', seconds: [0.2, 2], only: 'one PostgreSQL' },
  'coordinator killed': { group: 'PostgreSQL', seconds: [0.2, 5], only: 'a cluster' },
  'worker killed': { group: 'PostgreSQL', seconds: [3, 8], only: 'a cluster' },
  'all nodes killed': { group: 'PostgreSQL', seconds: [0.2, 2], only: 'a cluster' },
  'shard moved': { group: 'shards', seconds: [0.2, 2], only: 'a cluster' },
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
} as const satisfies Record<string, Kind>

export type FaultKind = keyof typeof faultKinds

/** All kinds, in the order of the table. */
export const allKinds = Object.keys(faultKinds).filter(isFaultKind)

/** Returns the kinds that can happen to one PostgreSQL, or to a cluster. */
export function kindsOn(place: NonNullable<Kind['only']>): readonly FaultKind[] {
  return allKinds.filter((name) => {
    const { only }: Kind = faultKinds[name]
    return only === undefined || only === place
  })
}

function isFaultKind(name: string): name is FaultKind {
  return Object.hasOwn(faultKinds, name)
}
