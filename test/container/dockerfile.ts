import { readFileSync } from 'node:fs'
import path from 'node:path'

/** One instruction of a Dockerfile: `COPY`, and its arguments. */
export interface Instruction {
  readonly name: string
  readonly text: string
}

/** One stage: the instructions from a FROM to the next. */
export interface Stage {
  readonly image: string
  /** The name after AS. The last stage has none. */
  readonly name: string | undefined
  readonly instructions: readonly Instruction[]
}

/** Reads the stages of a Dockerfile, without comments and line continuations. */
export function readDockerfile(file: string): Stage[] {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('#') && line.trim() !== '')
    .join('\n')
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
  const stages: { image: string; name: string | undefined; instructions: Instruction[] }[] = []
  for (const line of lines) {
    const [, name = '', text = ''] = /^([A-Z]+) +(.+)$/.exec(line) ?? []
    const [, image, , as] = name === 'FROM' ? (/^(\S+)( AS (\S+))?$/.exec(text) ?? []) : []
    if (image !== undefined) stages.push({ image, name: as, instructions: [] })
    else if (name === '') throw new Error(`no instruction: ${line}`)
    else stages.at(-1)?.instructions.push({ name, text })
  }
  return stages
}

/** Returns what a .dockerignore leaves out. It supports names below `**` and paths from the root. */
export function readIgnored(file: string): (relative: string) => boolean {
  const patterns = readFileSync(file, 'utf8').split('\n').filter(Boolean)
  return (relative) =>
    patterns.some((pattern) =>
      pattern.startsWith('**/')
        ? `/${relative}`.endsWith(pattern.slice(2)) || `/${relative}`.includes(`${pattern.slice(2)}/`)
        : relative === pattern || relative.startsWith(`${pattern}${path.sep}`),
    )
}
