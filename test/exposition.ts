/** One series of a scrape, with its value. */
interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const sampleLine = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/
const label = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/gy
const types = ['counter', 'gauge', 'histogram', 'summary', 'untyped']

/**
 * Reads Prometheus' text format, version 0.0.4, strictly: each family has its help, its type and then its series, each
 * once. The buckets of a histogram add up.
 *
 * @throws Error that names the wrong line
 */
export function readExposition(text: string): Sample[] {
  const samples: Sample[] = []
  const families = new Map<string, string>()
  const seen = new Set<string>()
  let family = ''
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  for (const line of text.split('\n').slice(0, -1)) {
    const [, comment, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? []
    if (comment === 'HELP') {
      if (families.has(name)) throw new Error(`a family comes twice: ${line}`)
      family = name
    } else if (comment === 'TYPE') {
      if (name !== family || !types.includes(rest))
        throw new Error(`a type that does not follow its help: ${line}`)
      families.set(name, rest)
    } else if (line !== '') {
      const sample = readSample(line)
      const base =
        families.get(family) === 'histogram' ? sample.name.replace(/_(?:bucket|sum|count)$/, '') : sample.name
      if (base !== family) throw new Error(`a series outside of its family ${family}: ${line}`)
      const series = line.slice(0, line.lastIndexOf(' '))
      if (seen.has(series)) throw new Error(`a series that comes twice: ${line}`)
      seen.add(series)
      samples.push(sample)
    }
  }
  for (const [name, type] of families) if (type === 'histogram') checkBuckets(name, samples)
  return samples
}

function readSample(line: string): Sample {
  const [, name, inBraces = '', value] = sampleLine.exec(line) ?? []
  if (name === undefined || value === undefined) throw new Error(`no series: ${line}`)
  const labels: Record<string, string> = {}
  label.lastIndex = 0
  let read = 0
  for (let found = label.exec(inBraces); found; found = label.exec(inBraces)) {
    labels[found[1] ?? ''] = found[2] ?? ''
    read = label.lastIndex
  }
  if (read !== inBraces.length) throw new Error(`labels that are none: ${line}`)
  const number = value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value)
  // Prometheus reads it in upper or lower case, and prom-client writes `Nan`.
  if (Number.isNaN(number) && !/^nan$/i.test(value)) throw new Error(`a value that is no number: ${line}`)
  return { name, labels, value: number }
}

function checkBuckets(name: string, samples: readonly Sample[]): void {
  const of = (part: string) => samples.filter((sample) => sample.name === `${name}_${part}`)
  const key = ({ labels: { le: _, ...labels } }: Sample) => JSON.stringify(Object.entries(labels).toSorted())
  for (const count of of('count')) {
    const buckets = of('bucket').filter((bucket) => key(bucket) === key(count))
    const values = buckets.map(({ value }) => value)
    if (values.some((value, at) => value < (values[at - 1] ?? 0)))
      throw new Error(`${name}: its buckets fall`)
    if (buckets.at(-1)?.labels.le !== '+Inf' || values.at(-1) !== count.value)
      throw new Error(`${name}: its last bucket is not all of it`)
  }
}
