/** The orders of a list of owners. */
export const ownerOrders = ['owner', 'balance', 'changed'] as const

/** How long a window of a summary may be. */
export const windows = ['hour', 'day', 'month'] as const
export type Window = (typeof windows)[number]

/** The forms of an export. */
export const formats = ['jsonl', 'csv'] as const
export type Format = (typeof formats)[number]
