import { inspect } from 'node:util'
import { printJson, withoutChance } from './answers.ts'
import { withoutTimes } from './chance.ts'
import { runCommand } from './command.ts'
import { runRequest, sendCurl } from './curl.ts'
import { readEvents } from './events.ts'
import type { Block } from './markdown.ts'
import { type AppName, addresses, type Servers } from './servers.ts'

/** An example of a document: code, or a request with the answer in the block after it. */
export interface Example {
  readonly request: Block
  /** Undefined for code, whose comments say what it prints. */
  readonly answer: Block | undefined
}

/** Whether a block is a command line that this runner runs. A document of steps has its own test. */
const isShell = ({ language, info }: Block) => language === 'sh' && info.step === undefined

/** Whether a block is a command that sends a request. */
export const isRequest = (block: Block) => isShell(block) && /^(?:curl|head|printf) /.test(block.text)

/** Whether a block is a command that reads the database, or asks the app's graph. */
export const isCommand = (block: Block) =>
  isShell(block) &&
  /^npx shared-ledger (?:verify|checkpoint|prove|balance|owners|entries|post|transfer|hold|capture|prolong|summary|export) /.test(
    block.text,
  )

/** Whether a block is code that runs. A `// …` behind each console.log, or after it, says what it prints. */
export const isRun = ({ language, info }: Block) => language === 'ts' && info.run !== undefined

const isStream = ({ language, text }: Block) => language === 'text' && text.startsWith('event: ')
/** Whether a block is an answer. A block that is a file of a project is none. */
const isAnswer = (block: Block) =>
  block.info.file === undefined && (/^(?:json|http)$/.test(block.language) || isStream(block))

/** Returns the app that a block is for. */
export function appOf(block: Block): AppName {
  const { info, language, text } = block
  if (isCommand(block)) return 'freelance'
  if (language === 'sh') return text.includes(addresses.freelance) ? 'freelance' : 'content'
  if (info.run) return 'freelance'
  return info.app === 'freelance' ? 'freelance' : 'content'
}

/** Returns the examples of a document, in order. */
export function examplesIn(blocks: readonly Block[]): Example[] {
  return blocks.flatMap((request, at): Example[] => {
    if (isRun(request)) return [{ request, answer: undefined }]
    const answer = blocks[at + 1]
    if (!answer) return []
    const isAsked = (isRequest(request) || request.language === 'graphql') && isAnswer(answer)
    return isAsked || (isCommand(request) && answer.language === 'text') ? [{ request, answer }] : []
  })
}

/** Runs code with the declarations of the document's first code block. Returns the lines that it prints. */
export type RunCode = (code: string) => Promise<string[]>

const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor

/** Makes a runner for code that sees some values by their names. */
export function codeRunner(values: Readonly<Record<string, unknown>>): RunCode {
  return async (code) => {
    const printed: string[] = []
    const log = (...parts: unknown[]) => {
      const texts = parts.map((part) =>
        typeof part === 'string' ? part : inspect(part, { breakLength: Number.POSITIVE_INFINITY }),
      )
      printed.push(texts.join(' '))
    }
    const run = new AsyncFunction(...Object.keys(values), 'console', code)
    await run(...Object.values(values), { log })
    return printed
  }
}

/** Returns what the comments of code say that it prints: behind each console.log, or in the lines after it. */
export function printedBy({ text }: Block): string[] {
  return [...text.matchAll(/console\.log\(.*\)(?: \/\/ (.+)|((?:\n *\/\/ .+)+))/g)].map(
    ([, behind, after = '']) => (behind ?? after.replaceAll(/\n *\/\/ /g, ' ')).trim(),
  )
}

/**
 * Sends a request with this text, and returns the answer in the form of the document.
 *
 * @param folder Where commands are called and write their files. It is within the project.
 */
export async function ask(
  { request, answer }: Example,
  text: string,
  { at, databaseUrl }: Servers,
  folder: string,
): Promise<string> {
  if (!answer) throw new Error(`${request.place} asks for nothing`)
  if (isCommand(request)) {
    const { output } = await runCommand(text, folder, {
      DATABASE_URL: databaseUrl,
      SHARED_LEDGER_URL: at(addresses[appOf(request)]),
    })
    return output.replace(/^>.*\n/gm, '').trim() // npm's own lines
  }
  if (request.language === 'graphql') {
    const response = await fetch(`${at(addresses[appOf(request)])}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: isStream(answer) ? 'text/event-stream' : 'application/json',
      },
      body: JSON.stringify({ query: text }),
    })
    return isStream(answer) ? readEvents(response, eventsIn(answer)) : printJson(await response.json())
  }
  if (isStream(answer)) return readEvents(await sendCurl(text, at), eventsIn(answer))
  const { status, headers, body } = await runRequest(text, at)
  const json = body === '' ? '' : printJson(JSON.parse(body))
  if (answer.language === 'json') return json
  const shown = ['allow', 'idempotency-replayed', 'retry-after', 'www-authenticate']
    .filter((name) => headers.has(name))
    .map((name) => `${name}: ${headers.get(name)}`)
  return [`HTTP/1.1 ${status}`, ...shown, '', json].join('\n')
}

const eventsIn = ({ text }: Block) => text.match(/^event: /gm)?.length ?? 0

/** Returns an answer for comparison: its head line by line, its JSON without what differs in each run. */
export function comparable(answer: string): unknown {
  const isJson = /^(?:HTTP|[{[])/.test(answer)
  if (!isJson) return withoutTimes(answer)
  const from = answer.search(/^[{[]/m)
  if (from < 0) return answer.trim()
  const head = answer
    .slice(0, from)
    .replace(/^(HTTP\/1\.1 \d+).*/, '$1') // Node changes the wording of some of them
    .replace(/^(HTTP\/1\.1 429\nretry-after: )\d+/, '$1(seconds)') // the seconds until a limit's next window
  return { head, body: withoutChance(JSON.parse(answer.slice(from))) }
}
