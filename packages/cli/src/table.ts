import Table from 'cli-table3'
import { columnsOf, printable } from './terminal.ts'

/** The parts of a border. None is drawn. */
const noBorder = Object.fromEntries(
  ['top', 'bottom', 'left', 'right']
    .flatMap((side) => [side, `${side}-mid`, `${side}-left`, `${side}-right`])
    .concat('mid', 'mid-mid', 'middle')
    .map((part) => [part, '']),
)

/**
 * Returns the lines of a table for a terminal. Each column is as wide as its widest text. Where the terminal is
 * narrower than the table, each row becomes lines of a name and a value.
 */
export function tableOf(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  { right = [] }: { readonly right?: readonly string[] } = {},
): string[] {
  const table = new Table({
    chars: noBorder,
    style: { 'padding-left': 0, 'padding-right': 2, head: [], border: [], compact: true },
    colAligns: heading.map((name) => (right.includes(name) ? 'right' : 'left')),
  })
  const printed = rows.map((row) => row.map(printable))
  table.push([...heading], ...printed)
  const lines = table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
  const width = Math.max(...lines.map((line) => line.length))
  if (width <= columnsOf()) return lines
  const names = Math.max(...heading.map((name) => name.length))
  const blocks = printed.map((row) =>
    row.map((text, column) => `${(heading[column] ?? '').padEnd(names)}  ${text}`.trimEnd()),
  )
  return blocks.flatMap((block, at) => (at === 0 ? block : ['', ...block]))
}
