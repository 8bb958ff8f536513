/** Tells listeners of what happens. Nothing is made to be told while nobody listens: ask `isHeard`. */
export interface Signal<Event> {
  readonly isHeard: boolean
  tell(event: Event): void
  /** Returns a function that stops listening. */
  listen(listener: (event: Event) => void): () => void
}

export function createSignal<Event>(): Signal<Event> {
  const listeners = new Set<(event: Event) => void>()
  return {
    get isHeard() {
      return listeners.size > 0
    },
    tell(event) {
      for (const listener of listeners) listener(event)
    },
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
