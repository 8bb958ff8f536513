import { exitCodes } from './exit.ts'
import { readChoice } from './graph/arguments.ts'
import { chosen } from './questions.ts'
import { completing, shells } from './shells.ts'
import { say } from './terminal.ts'

const scripts: Readonly<Record<(typeof shells)[number], string>> = {
  bash: `_shared_ledger() {
  local IFS=$'\\n'
  COMPREPLY=($(shared-ledger ${completing} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _shared_ledger shared-ledger`,
  zsh: `_shared_ledger() {
  local -a found
  found=("\${(@f)$(shared-ledger ${completing} "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  [[ -n "$found" ]] && compadd -a found || _files
}
compdef _shared_ledger shared-ledger`,
  fish: `complete -c shared-ledger -f -a '(shared-ledger ${completing} (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'`,
}

/** Prints the script by which a shell completes the command. */
export async function completion({
  positionals,
}: {
  readonly positionals: readonly string[]
}): Promise<number> {
  const given = await chosen(positionals[0], { name: 'SHELL', question: 'Which shell?' }, async () =>
    shells.map((value) => ({ value })),
  )
  say(scripts[readChoice('shell', { given, choices: shells })])
  return exitCodes.done
}
