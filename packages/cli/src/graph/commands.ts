import type { Command } from '../command.ts'
import { postingCommands } from './commands/postings.ts'
import { profileCommands } from './commands/profiles.ts'
import { readCommands } from './commands/reads.ts'
import { stateCommands } from './commands/states.ts'
import { streamCommands } from './commands/streams.ts'

/** The commands that ask an app's graph, with a key of its own or an owner's, and those of the profiles that they use. */
export const graphCommands: readonly Command[] = [
  ...readCommands,
  ...postingCommands,
  ...stateCommands,
  ...streamCommands,
  ...profileCommands,
]
