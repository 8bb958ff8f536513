/** Tells listeners about events. Ask `isHeard` before making an event, so that nothing is made when nobody listens. */
export interface Signal<Event> {
  readonly isHeard: boolean
  tell(event: Event): void
  /** Adds a listener. Returns a function that removes it. */
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
