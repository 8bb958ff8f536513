import type { Command } from './command.ts'
import { commandOf, commands } from './commands.ts'
import { readProfiles } from './graph/profiles.ts'

/** Returns what may stand in place of the last word, which is begun or empty. */
export function completionsOf(words: readonly string[]): string[] {
  const current = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  const candidates = [...new Set([...namesAfter(before), ...argumentsOf(before, current)])]
  return candidates.filter((candidate) => candidate.startsWith(current)).sort()
}

/** The next word of each command that begins with these words. */
function namesAfter(words: readonly string[]): string[] {
  return commands.flatMap(({ name }) => {
    const parts = name.split(' ')
    const next = parts[words.length]
    return next !== undefined && words.every((word, at) => word === parts[at]) ? [next] : []
  })
}

function argumentsOf(before: readonly string[], current: string): readonly string[] {
  const named = commandOf(before)
  if (!named) return []
  const { command, args } = named
  const last = args.at(-1)
  const option = last?.startsWith('--') ? command.options[last.slice(2)] : undefined
  if (option?.type === 'string') return last === '--profile' ? profileNames() : (option.choices ?? [])
  if (current.startsWith('-')) return [...Object.keys(command.options), 'help'].map((name) => `--${name}`)
  return args.length === 0 ? firstArguments(command) : []
}

function firstArguments({ name, choices }: Command): readonly string[] {
  return name === 'profiles use' || name === 'profiles remove' ? profileNames() : choices
}

// While a word is typed is no time to say that the profiles cannot be read: the command itself says it.
function profileNames(): string[] {
  try {
    return Object.keys(readProfiles().profiles)
  } catch {
    return []
  }
}
