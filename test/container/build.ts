import { spawn } from 'node:child_process'
import { cpSync, lchownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Instruction, readDockerfile, readIgnored, type Stage } from './dockerfile.ts'

/** An image without an engine: the last stage's folder, and how to run a container of it. */
export interface Image {
  readonly root: string
  readonly workdir: string
  readonly env: Readonly<Record<string, string>>
  readonly entrypoint: readonly string[]
  readonly command: readonly string[]
  readonly healthcheck: readonly string[]
  readonly stopSignal: string
  readonly user: string
  /** The user that runs everything: an ordinary user, even when we are root. */
  readonly as: { readonly uid?: number; readonly gid?: number }
  remove(): void
}

const nobody = 65_534

interface Building {
  readonly root: string
  readonly as: Image['as']
  readonly earlier: ReadonlyMap<string, string>
  readonly context: string
  readonly home: string
}

/** Carries out the steps of the Dockerfile. Each stage has its own folder in place of `/`. */
export async function build(context: string): Promise<Image> {
  const home = mkdtempSync(path.join(tmpdir(), 'shared-ledger-image-'))
  const as = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {}
  own(home, as)
  const remove = () => rmSync(home, { recursive: true, force: true })
  try {
    const stages = readDockerfile(path.join(context, 'Dockerfile'))
    const earlier = new Map<string, string>()
    for (const [index, stage] of stages.entries()) {
      const root = path.join(home, `stage-${index}`)
      mkdirSync(root)
      own(root, as)
      await carryOut(stage, { root, as, earlier, context, home })
      earlier.set(stage.name ?? '', root)
    }
    const { instructions } = stages.at(-1) ?? { instructions: [] }
    const textOf = (name: string) => instructions.find((each) => each.name === name)?.text ?? ''
    const listOf = (text: string): string[] => JSON.parse(text.slice(text.indexOf('[')))
    return {
      root: earlier.get('') ?? home,
      workdir: path.join(earlier.get('') ?? home, textOf('WORKDIR')),
      env: Object.fromEntries(
        textOf('ENV')
          .split(' ')
          .map((pair) => pair.split('=', 2)),
      ),
      entrypoint: listOf(textOf('ENTRYPOINT')),
      command: listOf(textOf('CMD')),
      healthcheck: listOf(textOf('HEALTHCHECK')),
      stopSignal: textOf('STOPSIGNAL'),
      user: textOf('USER'),
      as,
      remove,
    }
  } catch (error) {
    remove()
    throw error
  }
}

async function carryOut({ instructions }: Stage, building: Building): Promise<void> {
  let workdir = building.root
  for (const { name, text } of instructions) {
    if (name === 'WORKDIR') {
      workdir = path.join(building.root, text)
      mkdirSync(workdir, { recursive: true })
      own(workdir, building.as)
    } else if (name === 'COPY') {
      copy({ name, text }, workdir, building)
    } else if (name === 'RUN') {
      await run(text, workdir, building)
    }
  }
}

function copy({ text }: Instruction, workdir: string, { root, as, earlier, context }: Building): void {
  const [, stage, paths = ''] = /^(?:--from=(\S+) )?(.+)$/.exec(text) ?? []
  const sources = paths.split(' ')
  const target = sources.pop() ?? ''
  const into = target.startsWith('/') ? path.join(root, target) : path.join(workdir, target)
  const from = stage === undefined ? context : earlier.get(stage)
  if (from === undefined) throw new Error(`COPY from a stage that there is not: ${text}`)
  const isIgnored = stage === undefined ? readIgnored(path.join(context, '.dockerignore')) : () => false
  for (const source of sources) {
    const file = path.join(from, source)
    const isFolder = statSync(file).isDirectory()
    cpSync(file, isFolder ? into : path.join(into, path.basename(source)), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (each) => !isIgnored(path.relative(from, each)),
    })
  }
  own(into, as, true)
}

/** Runs a command line as a build does: in the stage's folder, with little of our environment. */
function run(text: string, cwd: string, { as, home }: Building): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', text], { cwd, ...as, env: plainEnvironment(home) })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk
      })
    }
    child.on('error', reject)
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`RUN ${text} ended with ${code}:\n${output}`)),
    )
  })
}

/** Returns the environment that a container gets from its machine: where programs are, and how to reach the registry. */
export function plainEnvironment(home: string): NodeJS.ProcessEnv {
  const passed = Object.entries(process.env).filter(([name]) =>
    /^(?:PATH|npm_config_(?:registry|userconfig|cafile)|NODE_EXTRA_CA_CERTS|https?_proxy|no_proxy)$/i.test(
      name,
    ),
  )
  return { ...Object.fromEntries(passed), HOME: home }
}

function own(folder: string, { uid, gid }: Image['as'], all = false): void {
  if (uid === undefined || gid === undefined) return
  lchownSync(folder, uid, gid)
  if (!all) return
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    lchownSync(path.join(folder, name), uid, gid)
}
