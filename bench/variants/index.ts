import type { Servers } from '../http/servers.ts'
import type { Variant } from '../rounds.ts'
import { batchCallVariants } from './batch-call.ts'
import { bulkVariants } from './bulk.ts'
import { busyOwnerVariants } from './busy-owner.ts'
import type { Context } from './context.ts'
import { costVariants } from './costs.ts'
import { inProcessVariants } from './in-process.ts'
import { overHttpVariants } from './over-http.ts'
import { plainVariants } from './plain.ts'
import { readVariants } from './reads.ts'

/** Returns everything to measure, in the order of a round. */
export function allVariants(context: Context, servers: Servers): Variant[] {
  return [
    ...inProcessVariants(context),
    ...batchCallVariants(context),
    ...plainVariants(context),
    ...overHttpVariants(context, servers),
    ...bulkVariants(context),
    ...readVariants(context),
    ...busyOwnerVariants(context),
    ...costVariants(context, servers),
  ]
}
