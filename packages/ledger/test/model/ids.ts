/** Maps the database's ids to the model's ids, which count from 1. The ids of a dry run are 0. */
export class Ids {
  readonly #real: string[] = []
  readonly #numbers = new Map<string, number>()
  readonly #none: string

  /** @param none An id that the database never gives. */
  constructor(none: string) {
    this.#none = none
  }

  /** Numbers a new id. A dry run's is '0'. */
  add(id: string): void {
    if (id === '0' || this.#numbers.has(id)) return
    this.#real.push(id)
    this.#numbers.set(id, this.#real.length)
  }

  realOf(number: number): string {
    return this.#real[number - 1] ?? this.#none
  }

  numberOf(id: string): number {
    return this.#numbers.get(id) ?? 0
  }
}
