import { useSyncExternalStore } from 'react'
import type { PostingName } from './graph.ts'

/** A posting that was sent and whose answer is not known. */
export interface OpenPosting {
  readonly name: PostingName
  readonly title: string
  /** With its nonce: sent again, it posts nothing twice. */
  readonly input: Readonly<Record<string, unknown>>
}

/**
 * The posting is kept for this tab from the moment that it is sent until its answer is known. So a reload, or an answer
 * that was lost, leaves a nonce with which it can be sent again.
 */
const kept = 'shared-ledger:open-posting'
const changes = new EventTarget()
/** Whether its answer is still awaited here. */
let isAwaited = false

/** Keeps a posting that is sent now. */
export function keepOpen(posting: OpenPosting): void {
  isAwaited = true
  sessionStorage.setItem(kept, JSON.stringify(posting))
  changes.dispatchEvent(new Event('change'))
}

/** Ends the wait for the answer. A posting whose answer is known is forgotten. */
export function settleOpen({ isKnown }: { readonly isKnown: boolean }): void {
  isAwaited = false
  if (isKnown) sessionStorage.removeItem(kept)
  changes.dispatchEvent(new Event('change'))
}

function listen(onChange: () => void): () => void {
  changes.addEventListener('change', onChange)
  return () => changes.removeEventListener('change', onChange)
}

/** Returns the posting whose answer is not known and no longer awaited, if there is one. */
export function useOpenPosting(): OpenPosting | undefined {
  const text = useSyncExternalStore(listen, () => (isAwaited ? null : sessionStorage.getItem(kept)))
  return text === null ? undefined : JSON.parse(text)
}

/** Makes a nonce. `crypto.randomUUID` is missing in pages that were loaded without TLS from another machine. */
export function newNonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return `console-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}
