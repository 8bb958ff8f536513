/** What an entry costs, in µs of processor time: all workers together, and the coordinator. */
export interface Cost {
  readonly workers: number
  readonly coordinator: number
}

/** A cluster whose nodes have the same number of cores. */
export interface Cluster {
  readonly workers: number
  readonly cores: number
}

/** How many entries a cluster takes, and which nodes have no processor time left then. */
export interface Capacity {
  readonly entriesPerSecond: number
  readonly limitedBy: 'workers' | 'coordinator'
}

/** Returns what a cluster takes when owners are spread evenly, from what an entry costs. */
export function capacityOf(cost: Cost, { workers, cores }: Cluster): Capacity {
  const ofWorkers = (workers * cores * 1_000_000) / cost.workers
  const ofCoordinator = (cores * 1_000_000) / cost.coordinator
  return ofWorkers <= ofCoordinator
    ? { entriesPerSecond: ofWorkers, limitedBy: 'workers' }
    : { entriesPerSecond: ofCoordinator, limitedBy: 'coordinator' }
}
