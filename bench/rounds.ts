/** One thing to measure. */
export interface Variant {
  /** Words from general to special, such as `post/batched/uniform/64`. */
  readonly name: string
  readonly unit: Unit
  /** Measures for about this long. */
  measure(seconds: number): Promise<number>
}

/** `ms` and `µs` are costs. For the others, more is better. */
type Unit = 'entries/s' | 'requests/s' | 'ms' | 'µs'

/** The measurements of a variant: a figure per round, or the error. */
export interface Measured {
  readonly name: string
  readonly unit: Unit
  readonly rounds: number[]
  failure?: string
}

/** For which part of the time each variant runs before the first round. */
const warmUpPart = 0.5

/**
 * Measures variants in turn, round by round, so that other work on the machine affects all of them. Every other round
 * goes backwards, so that no variant always follows the same one. A variant that fails is left out from then on.
 */
export async function measureRounds(
  variants: readonly Variant[],
  {
    rounds,
    seconds,
    log,
  }: { readonly rounds: number; readonly seconds: number; readonly log: (line: string) => void },
): Promise<Measured[]> {
  const measured = variants.map(({ name, unit }): Measured => ({ name, unit, rounds: [] }))
  const turns = variants.flatMap((variant, index) => {
    const figures = measured[index]
    return figures ? [{ variant, figures }] : []
  })

  const measureAll = async (seconds: number, keep: (figures: Measured, value: number) => void) => {
    for (const { variant, figures } of turns) {
      if (figures.failure !== undefined) continue
      try {
        keep(figures, await variant.measure(seconds))
      } catch (error) {
        figures.failure = error instanceof Error ? error.message : String(error)
        log(`${variant.name} failed: ${figures.failure}`)
      }
    }
    turns.reverse()
  }

  log('Warming up …')
  await measureAll(warmUpPart * seconds, () => {})
  for (let round = 1; round <= rounds; round += 1) {
    log(`Round ${round} of ${rounds} …`)
    await measureAll(seconds, (figures, value) => figures.rounds.push(value))
  }
  return measured
}
