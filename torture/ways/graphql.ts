import { type DocumentNode, print } from 'graphql'
import { z } from 'zod'
import {
  CaptureHoldDocument,
  HoldCreditsDocument,
  PostEntriesDocument,
  PostEntryDocument,
  PostTransactionDocument,
  RefundEntryDocument,
  ReleaseHoldDocument,
  ReverseTransactionDocument,
  TransferDocument,
} from '../../packages/client/src/generated/documents.ts'
import { type Outcome, unknown, wrong } from '../outcome.ts'
import { type PostedLine, postingsOf, type Request } from '../requests.ts'
import { graphOutcomeOf, mayPass } from './answers.ts'
import { CreateContentDocument, CreateProjectDocument, PayProjectDocument } from './documents.ts'
import { postJson } from './network.ts'

export const graphLine = ({ owner, operation, amount }: PostedLine) => ({
  ownerId: owner,
  operation,
  amount: Math.abs(amount),
})

/** The same for GraphQL and the typed client. */
export const graphReward = ({ nonce, owner, expiresOn }: Extract<Request, { kind: 'reward' }>) => ({
  nonce,
  ownerId: owner,
  operation: 'DAILY_REWARD' as const,
  expiresOn,
})

const body = z.object({
  data: z.object({ outcome: z.unknown().optional(), outcomes: z.array(z.unknown()).optional() }).nullish(),
  errors: z
    .array(z.object({ extensions: z.looseObject({ code: z.string(), retryable: z.boolean().optional() }) }))
    .optional(),
})

/** Sends a request to the graph with fetch alone. Returns an outcome for each posting. */
export async function sendByGraphql(url: string, request: Request): Promise<readonly Outcome[]> {
  const { document, variables } = documentOf(request)
  const count = Math.max(1, postingsOf(request).length)
  const all = (outcome: Outcome) => Array<Outcome>(count).fill(outcome)
  const reply = await postJson(`${url}/graphql`, { query: textOf(document), variables })
  if ('failed' in reply) return all(reply.failed)
  const read = body.safeParse(reply.body)
  const shown = `${reply.status} ${JSON.stringify(reply.body)}`
  if (!read.success) return all(mayPass(reply.status) ? unknown(`HTTP ${reply.status}`) : wrong(shown))
  const { data, errors } = read.data
  if (errors) {
    const [first] = errors
    const isOpen = errors.every(({ extensions }) => extensions.retryable === true)
    return all(isOpen && first ? unknown(first.extensions.code) : wrong(shown))
  }
  if (reply.status !== 200 || !data) return all(wrong(shown))
  if (request.kind !== 'batch') return all(graphOutcomeOf(data.outcome))
  if (data.outcomes?.length !== count) return all(wrong(`no answer to a batch of ${count}: ${shown}`))
  return data.outcomes.map(graphOutcomeOf)
}

function documentOf(request: Request): { document: DocumentNode; variables: object } {
  switch (request.kind) {
    case 'entry': {
      const { nonce, line } = request
      return { document: PostEntryDocument, variables: { input: { nonce, ...graphLine(line) } } }
    }
    case 'reward':
      return { document: PostEntryDocument, variables: { input: graphReward(request) } }
    case 'transaction': {
      const { nonce, lines, balanced } = request
      const input = { nonce, balanced, entries: lines.map(graphLine) }
      return { document: PostTransactionDocument, variables: { input } }
    }
    case 'transfer': {
      const { nonce, from, to, amount } = request
      return { document: TransferDocument, variables: { input: { nonce, from, to, amount } } }
    }
    case 'hold': {
      const { nonce, line, expiresIn } = request
      return { document: HoldCreditsDocument, variables: { input: { nonce, expiresIn, ...graphLine(line) } } }
    }
    case 'capture': {
      const { nonce, holdId, amount } = request
      return { document: CaptureHoldDocument, variables: { input: { nonce, id: holdId, amount } } }
    }
    case 'release':
      return { document: ReleaseHoldDocument, variables: { id: request.holdId } }
    case 'reversal': {
      const { nonce, transactionId } = request
      return { document: ReverseTransactionDocument, variables: { input: { nonce, id: transactionId } } }
    }
    case 'refund': {
      const { nonce, entryId, line } = request
      const input = { nonce, id: entryId, amount: Math.abs(line.amount) }
      return { document: RefundEntryDocument, variables: { input } }
    }
    case 'batch': {
      const inputs = request.entries.map(({ nonce, line }) => ({ nonce, ...graphLine(line) }))
      return { document: PostEntriesDocument, variables: { inputs } }
    }
    case 'content':
    case 'project':
    case 'payment':
      return appDocumentOf(request)
  }
}

/** Returns the document of an app's own mutation. */
export function appDocumentOf(request: Extract<Request, { kind: 'content' | 'project' | 'payment' }>) {
  switch (request.kind) {
    case 'content': {
      const { nonce, owner } = request
      const input = { nonce, ownerId: owner, title: nonce, body: nonce }
      return { document: CreateContentDocument, variables: { input } }
    }
    case 'project': {
      const { title, client, freelancer, price } = request
      const input = { title, clientId: client, freelancerId: freelancer, price }
      return { document: CreateProjectDocument, variables: { input } }
    }
    case 'payment': {
      const { nonce, projectId } = request
      return { document: PayProjectDocument, variables: { input: { nonce, projectId } } }
    }
  }
}

const texts = new Map<DocumentNode, string>()

function textOf(document: DocumentNode): string {
  const text = texts.get(document) ?? print(document)
  texts.set(document, text)
  return text
}
