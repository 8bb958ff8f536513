/** What a bar is drawn for. */
interface Bar {
  readonly name: string
  /** Credits that came in, and that went out, both >= 0. */
  readonly in: number
  readonly out: number
}

/** How wide bars are where no terminal says it. */
const usualColumns = 80
const fewestCells = 4

/** Returns a line for what came in (+) and one for what went out (-) of each bar. All bars have one scale. */
export function barsOf(bars: readonly Bar[], columns: number): string[] {
  const rows = bars.flatMap(({ name, in: came, out }) => [
    { name, sign: '+', credits: came },
    { name: '', sign: '-', credits: out },
  ])
  const names = Math.max(...rows.map(({ name }) => name.length))
  const digits = Math.max(...rows.map(({ credits }) => String(credits).length)) + 1
  const width = Number.isFinite(columns) ? columns : usualColumns
  const cells = Math.max(fewestCells, width - names - digits - 4)
  const most = Math.max(...rows.map(({ credits }) => credits), 1)
  return rows.map(({ name, sign, credits }) => {
    const drawn = (sign === '+' ? '█' : '░').repeat(cellsOf(credits, { most, cells }))
    return `${name.padEnd(names)}  ${`${sign}${credits}`.padStart(digits)}  ${drawn}`.trimEnd()
  })
}

/** Anything above 0 has a cell, so that it is seen. */
function cellsOf(
  credits: number,
  { most, cells }: { readonly most: number; readonly cells: number },
): number {
  return credits === 0 ? 0 : Math.max(1, Math.round((credits / most) * cells))
}
