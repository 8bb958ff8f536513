import { withoutTimes } from './chance.ts'

/** Removes from JSON what differs from run to run: ids, times and UUIDs. */
export function withoutChance(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, part) => {
    if (key === 'id') return '(id)'
    return typeof part === 'string' ? withoutTimes(part) : part
  })
}

const width = 100

/** Prints JSON as the documents show it: a value that fits on one line has one line. */
export function printJson(value: unknown, indent = ''): string {
  const line = onOneLine(value)
  if (indent.length + line.length <= width || typeof value !== 'object' || value === null) return line
  const deeper = `${indent}  `
  if (Array.isArray(value)) {
    return `[\n${value.map((part) => deeper + printJson(part, deeper)).join(',\n')}\n${indent}]`
  }
  const members = Object.entries(value).map(
    ([key, part]) => `${deeper}${JSON.stringify(key)}: ${printJson(part, deeper)}`,
  )
  return `{\n${members.join(',\n')}\n${indent}}`
}

function onOneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(([key, part]) => `${JSON.stringify(key)}: ${onOneLine(part)}`)
  return members.length > 0 ? `{ ${members.join(', ')} }` : '{}'
}
