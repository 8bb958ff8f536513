import type { Done, Outcome } from './outcome.ts'
import type { Random } from './random.ts'
import type { App, BatchEntry, Line, PostedLine, Request } from './requests.ts'

/** What a story needs from the client that plays it. */
export interface Teller {
  readonly app: App
  /** The same for the same seed, app, client and number of the story. */
  readonly random: Random
  /** The beginning of each nonce of the story. No other story has it. */
  readonly name: string
  /** Sends a request until its answer is final. Undefined when the run ended before. */
  carryOut(request: Request): Promise<readonly Outcome[] | undefined>
}

export type Story = (teller: Teller) => Promise<void>

/** Plays one story, drawn from the app's stories or from others. */
export async function playStory(teller: Teller, stories = storiesOf[teller.app]): Promise<void> {
  await teller.random.pick(stories)(teller)
}

const hotOwners = 3
const coldOwners = 2_000
/** Balances stay near 0, so that many spends are refused and an overspent balance would show. */
const [leastAmount, mostAmount] = [1, 30]

/** How long a reward is good. Some are spent before. */
const [leastLifeMs, mostLifeMs] = [1_000, 10_000]

const hotOwner = (number: number) => `hot ${number}`
const coldOwner = (number: number) => `cold ${number}`

/** Every owner of the stories. */
export const owners: readonly string[] = [
  ...Array.from({ length: hotOwners }, (_, at) => hotOwner(at + 1)),
  ...Array.from({ length: coldOwners }, (_, at) => coldOwner(at + 1)),
]

const drawHot = ({ random }: Teller) => hotOwner(random.int(1, hotOwners))
const drawCold = ({ random }: Teller) => coldOwner(random.int(1, coldOwners))
const owner = (teller: Teller) => (teller.random.chance(0.6) ? drawHot(teller) : drawCold(teller))

const amount = ({ random }: Teller) => random.int(leastAmount, mostAmount)

function lineOf(teller: Teller, operation: PostedLine['operation'], ownerId = owner(teller)): PostedLine {
  const sign = operation === 'CREDIT_ADD' ? 1 : -1
  return { owner: ownerId, operation, amount: sign * amount(teller) }
}

const anyLine = (teller: Teller) => lineOf(teller, teller.random.chance(0.5) ? 'CREDIT_ADD' : 'CREDIT_SPEND')

/** Returns what an outcome acknowledged, if anything. */
function doneOf(outcomes: readonly Outcome[] | undefined): Done | undefined {
  const [outcome] = outcomes ?? []
  return outcome?.is === 'done' ? outcome : undefined
}

const entry: Story = async (teller) => {
  await teller.carryOut({ kind: 'entry', nonce: teller.name, line: anyLine(teller) })
}

function drawTransaction(teller: Teller): Request & { kind: 'transaction' } {
  const { random, name: nonce } = teller
  if (random.chance(0.5)) {
    const out = lineOf(teller, 'CREDIT_SPEND')
    const into: PostedLine = { owner: owner(teller), operation: 'CREDIT_ADD', amount: -out.amount }
    return { kind: 'transaction', nonce, lines: [out, into], balanced: true }
  }
  const lines = Array.from({ length: random.int(2, 5) }, () => anyLine(teller))
  return { kind: 'transaction', nonce, lines, balanced: false }
}

const transaction: Story = async (teller) => {
  await teller.carryOut(drawTransaction(teller))
}

const reversal: Story = async (teller) => {
  const request = drawTransaction(teller)
  const id = doneOf(await teller.carryOut(request))?.entries[0]?.transactionId
  if (id === undefined) return
  const lines = request.lines.map(negated).reverse()
  await teller.carryOut({ kind: 'reversal', nonce: `${teller.name} reversal`, transactionId: id, lines })
}

const refund: Story = async (teller) => {
  const line = anyLine(teller)
  const id = doneOf(await teller.carryOut({ kind: 'entry', nonce: teller.name, line }))?.entries[0]?.id
  if (id === undefined) return
  const part = teller.random.int(1, Math.abs(line.amount))
  const back: Line = { ...line, amount: -Math.sign(line.amount) * part }
  await teller.carryOut({ kind: 'refund', nonce: `${teller.name} refund`, entryId: id, line: back })
}

function negated(line: Line): Line {
  return { ...line, amount: -line.amount }
}

/** Makes a hold that outlasts the story, and returns its id. */
async function hold(teller: Teller, line: PostedLine): Promise<string | undefined> {
  const request: Request = { kind: 'hold', nonce: teller.name, line, expiresIn: 3_600 }
  return doneOf(await teller.carryOut(request))?.hold?.id
}

const capture: Story = async (teller) => {
  const line = lineOf(teller, 'CREDIT_SPEND')
  const part = teller.random.chance(0.5) ? teller.random.int(1, -line.amount) : undefined
  const holdId = await hold(teller, line)
  if (holdId === undefined) return
  await teller.carryOut({
    kind: 'capture',
    nonce: `${teller.name} capture`,
    holdId,
    amount: part,
    line: part === undefined ? line : { ...line, amount: -part },
  })
}

const release: Story = async (teller) => {
  const line = lineOf(teller, 'CREDIT_SPEND')
  const holdId = await hold(teller, line)
  if (holdId !== undefined) await teller.carryOut({ kind: 'release', holdId, owner: line.owner })
}

const batch: Story = async (teller) => {
  const entries = Array.from(
    { length: teller.random.int(2, 20) },
    (_, index): BatchEntry => ({ nonce: `${teller.name} ${index}`, line: anyLine(teller) }),
  )
  await teller.carryOut({ kind: 'batch', entries })
}

const content: Story = async (teller) => {
  await teller.carryOut({ kind: 'content', nonce: teller.name, owner: owner(teller) })
}

/** Returns a hot owner and a cold one, in either order. */
function pairOf(teller: Teller): readonly [string, string] {
  const one = drawHot(teller)
  const other = drawCold(teller)
  return teller.random.chance(0.5) ? [one, other] : [other, one]
}

const transfer: Story = async (teller) => {
  const [from, to] = pairOf(teller)
  await teller.carryOut({ kind: 'transfer', nonce: teller.name, from, to, amount: amount(teller) })
}

const payment: Story = async (teller) => {
  const [client, freelancer] = pairOf(teller)
  const price = amount(teller)
  const project: Request = { kind: 'project', title: teller.name, client, freelancer, price }
  const projectId = doneOf(await teller.carryOut(project))?.projectId
  if (projectId === undefined) return
  await teller.carryOut({ kind: 'payment', nonce: teller.name, projectId, client, freelancer, price })
}

/** A reward that is good for seconds. */
const reward: Story = async (teller) => {
  const { name: nonce, random } = teller
  const expiresOn = new Date(Date.now() + random.int(leastLifeMs, mostLifeMs)).toISOString()
  await teller.carryOut({ kind: 'reward', nonce, owner: owner(teller), expiresOn })
}

const ofAll = [entry, entry, entry, transaction, reversal, refund, capture, release, batch]

const storiesOf: Readonly<Record<App, readonly Story[]>> = {
  content: [...ofAll, content, content],
  freelance: [...ofAll, transfer, payment],
}

/** The stories of the content app, and credits that expire. */
export const storiesWithRewards: readonly Story[] = [...storiesOf.content, reward, reward, reward]
