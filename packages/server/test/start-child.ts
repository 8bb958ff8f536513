import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach } from 'vitest'

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL')
})

/** Runs a file of this folder in its own process, for the current test. */
export function startChild(file: string, env: Record<string, string> = {}) {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
    execArgv: ['--conditions=@shared-ledger/source', '--import', 'tsx'],
    env: { ...process.env, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  children.push(child)
  const { stdout, stderr } = child
  if (!stdout || !stderr) throw new TypeError('The child has no pipes.')
  const chunks: string[] = []
  for (const stream of [stdout, stderr]) stream.on('data', (chunk) => chunks.push(String(chunk)))
  return {
    child,
    output: () => chunks.join(''),
    /** The exit code, after all output is read. 'close' does not come after a disconnect. */
    exit: Promise.all([once(child, 'exit'), once(stdout, 'end')]).then(([[code]]) => code),
    async message(type: string) {
      for await (const [message] of on(child)) if (message.type === type) return message
    },
  }
}

async function* on(child: ChildProcess) {
  while (true) yield await once(child, 'message')
}
