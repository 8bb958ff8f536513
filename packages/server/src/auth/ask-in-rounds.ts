/** Asks one question about many ids at a time. */
export interface Rounds {
  /**
   * Resolves when the answer for this id is in. The id joins the current round if that includes it, else the next one.
   */
  once(id: string): Promise<void>
  /** Resolves when no round is under way. */
  settled(): Promise<void>
}

interface Asked {
  readonly answered: Promise<void>
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

/** Asks in rounds. Each round has the ids that were requested during the round before: at most `maxIds`, each once. */
export function askInRounds(maxIds: number, askFor: (ids: readonly string[]) => Promise<void>): Rounds {
  const wanted = new Map<string, Asked>()
  let underWay: ReadonlyMap<string, Asked> = new Map()
  let rounds: Promise<void> | undefined

  const askAll = async () => {
    await Promise.resolve() // ids that are requested in the same turn join the first round
    while (wanted.size > 0) {
      underWay = new Map([...wanted].slice(0, maxIds))
      for (const id of underWay.keys()) wanted.delete(id)
      const asked = underWay.values()
      try {
        await askFor([...underWay.keys()])
        for (const { resolve } of asked) resolve()
      } catch (reason) {
        for (const { reject } of asked) reject(reason)
      }
    }
    underWay = new Map()
    rounds = undefined
  }

  return {
    once(id) {
      const asked = underWay.get(id) ?? wanted.get(id) ?? createAsked()
      if (!underWay.has(id)) wanted.set(id, asked)
      rounds ??= askAll()
      return asked.answered
    },
    settled: async () => rounds,
  }
}

function createAsked(): Asked {
  let resolve: Asked['resolve'] = () => {}
  let reject: Asked['reject'] = () => {}
  const answered = new Promise<void>((onDone, onFailure) => {
    resolve = onDone
    reject = onFailure
  })
  answered.catch(() => {}) // the requester may have left
  return { answered, resolve, reject }
}
