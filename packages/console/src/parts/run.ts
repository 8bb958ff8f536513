import { useRef, useState } from 'react'
import type { Answered, Balance } from '../graph.ts'
import { Refused } from '../session.ts'

/** Runs one request at a time, and keeps why it failed. */
export function useRun() {
  const [error, setError] = useState<Refused>()
  const [isRunning, setRunning] = useState(false)
  const running = useRef(false)
  const run = async (work: () => Promise<void>) => {
    if (running.current) return
    running.current = true
    setRunning(true)
    setError(undefined)
    try {
      await work()
    } catch (failure) {
      setError(
        failure instanceof Refused ? failure : new Refused({ code: 'FAULT', message: String(failure) }),
      )
    } finally {
      running.current = false
      setRunning(false)
    }
  }
  return { run, error, isRunning }
}

/** What a document came to that changes an account and posts no entry. */
type Changed = Answered<{
  readonly outcome:
    | { readonly balance: Balance }
    | { readonly code: string; readonly message: string; readonly balance?: Balance }
}>

/** Returns a function that sends such a document, and why the last one was refused. It can be sent again without harm. */
export function useChange({ onDone }: { readonly onDone?: () => void } = {}) {
  const { run, error, isRunning } = useRun()
  const change = (send: () => Promise<Changed>) =>
    run(async () => {
      const { outcome } = (await send()).data
      if ('code' in outcome) throw new Refused(outcome)
      onDone?.()
    })
  return { change, error, isRunning }
}
