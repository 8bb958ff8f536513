import { setTimeout as sleep } from 'node:timers/promises'
import type { Journal } from './journal.ts'
import type { Outcome } from './outcome.ts'
import { createRandom, type Random } from './random.ts'
import type { App, Request } from './requests.ts'
import { playStory, type Story, type Teller } from './stories.ts'
import { send, ways } from './ways/index.ts'

/** What a client reaches, and where it records what it was told. */
export interface Surroundings {
  readonly seed: number
  /** What the clients draw from. The stories of their app when left out. */
  readonly stories?: readonly Story[]
  /** How they send. With the client of this version when left out. */
  readonly send?: typeof send
  readonly journal: Journal
  /** Returns the addresses of the app's servers, in order. */
  urlsOf(app: App): readonly string[]
  /** Returns the current faults, in words. */
  faults(): string
  /** Called when a request is sent. The returned function is called with its answer. */
  readonly onSend?: (request: Request) => (outcomes: readonly Outcome[]) => void
  /** Ends the clients. Open requests are settled afterwards. */
  readonly ended: AbortSignal
}

/** How often an answered request is sent once more, and how often two of it are sent at once. */
const repeatPart = 0.1
const racePart = 0.05

/** The pause between two attempts of a request whose outcome is open. */
const [leastPauseMs, mostPauseMs] = [50, 500]

/** The pause between two stories. The machine must not be full, or the recovery time would measure its load. */
const mostThinkingMs = 150

/** Plays one story after the other until the run ends. */
export async function playClient(app: App, client: number, surroundings: Surroundings): Promise<void> {
  const { seed, ended, stories } = surroundings
  for (let story = 1; !ended.aborted; story += 1) {
    const name = `${app} ${client}.${story}`
    const tries = createRandom(seed, name, 'tries')
    const random = createRandom(seed, name)
    const teller: Teller = {
      app,
      name,
      random,
      carryOut: (request) => carryOut(request, { app, tries, ...surroundings }),
    }
    await playStory(teller, stories)
    await pause(tries.int(0, mostThinkingMs), ended)
  }
}

type Attempting = Surroundings & { readonly app: App; readonly tries: Random }

/** Sends a request until its answer is final, each time in any way to any server. */
async function carryOut(request: Request, attempting: Attempting): Promise<readonly Outcome[] | undefined> {
  const { tries, ended } = attempting
  const raced = tries.chance(racePart) ? await race(request, attempting) : undefined
  if (raced) return raced
  for (;;) {
    const { outcomes, isAnswered } = await attempt(request, attempting)
    if (isAnswered) {
      const isDone = outcomes.every(({ is }) => is === 'done')
      if (isDone && request.kind !== 'project' && tries.chance(repeatPart)) await attempt(request, attempting)
      return outcomes
    }
    if (ended.aborted) return undefined
    await pause(tries.int(leastPauseMs, mostPauseMs), ended)
  }
}

/** Sends two of the same request at once. At most one posts. Returns the outcomes, or undefined when they are open. */
async function race(request: Request, attempting: Attempting): Promise<readonly Outcome[] | undefined> {
  if (request.kind === 'project') return undefined
  const attempts = await Promise.all([1, 2].map(() => attempt(request, attempting, { isRaced: true })))
  attempting.journal.endRace(attempting.app, request)
  if (!attempts.every(({ isAnswered }) => isAnswered)) return undefined
  const acknowledged = attempts.find(({ outcomes }) => outcomes.every(({ is }) => is === 'done'))
  return (acknowledged ?? attempts[0])?.outcomes
}

async function attempt(
  request: Request,
  { app, tries, journal, urlsOf, onSend, faults, send: sendBy = send }: Attempting,
  { isRaced = false }: { readonly isRaced?: boolean } = {},
) {
  const way = tries.pick(ways)
  const server = tries.int(1, urlsOf(app).length)
  const url = urlsOf(app)[server - 1] ?? ''
  journal.begin(app, request, { isRaced })
  const onAnswer = onSend?.(request)
  const outcomes = await sendBy(url, request, way)
  onAnswer?.(outcomes)
  const circumstances = `to server ${server} (${faults()})`
  return { outcomes, isAnswered: journal.take({ app, request, way, circumstances }, outcomes) }
}

async function pause(ms: number, ended: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: ended }).catch(() => {})
}
