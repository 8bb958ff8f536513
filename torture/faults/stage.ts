import type { Absences } from '../absences.ts'
import type { Random } from '../random.ts'
import type { Database } from '../servers/database.ts'
import type { Disk } from '../servers/disk.ts'
import type { Serving } from '../serving.ts'

/** What can fail. */
export interface Stage extends Serving {
  readonly database: Database
  /** The workers that are away. */
  readonly absences: Absences
  /** The shards that were moved. */
  readonly moves: Moves
  readonly disk: Disk
}

/** How often a shard was moved, and why it was not. */
export interface Moves {
  done: number
  /** How often a move failed, by the reason. */
  readonly failed: Map<string, number>
}

/** An active fault. */
export interface Fault {
  /** Ends it. From then on, service must come back. */
  end(): Promise<void>
}

/** Begins a fault. It draws the same for the same seed. */
export type Begin = (stage: Stage, random: Random) => Promise<Fault>
