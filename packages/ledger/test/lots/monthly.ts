import type { Ledger } from '@shared-ledger/ledger'
import type { operations } from './monthly-operations.ts'

/** Grants a month's credits, such as those of '2026-12'. Up to 50 that expired with the month before come back once more. */
export async function grantMonth(ledger: Ledger<typeof operations>, ownerId: string, month: string) {
  const [before, next] = [-1, 1].map(
    (months) => new Date(Date.UTC(+month.slice(0, 4), +month.slice(5) - 1 + months)),
  )
  const granted = { ownerId, operation: 'MONTHLY', nonce: `monthly ${month}`, expiresOn: next } as const
  await ledger.postEntry(granted)
  const last = await ledger.entryByNonce(ownerId, `monthly ${before?.toISOString().slice(0, 7)}`)
  const lots = (await ledger.lots({ ownerId })).edges.map(({ node }) => node)
  const lot = lots.find(({ entryId }) => entryId === last?.id)
  const uses = lot ? (await ledger.lotUses({ ownerId, lotId: lot.id, last: 1 })).edges : []
  const expiry = uses[0] && (await ledger.entry(uses[0].node.entryId))
  if (expiry?.operation !== 'CREDIT_EXPIRED') return
  const rollover = { ownerId, operation: 'ROLLOVER', nonce: `rollover ${month}`, expiresOn: next } as const
  await ledger.postEntry({ ...rollover, amount: Math.min(-expiry.amount, 50) })
}
