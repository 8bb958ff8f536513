import { z } from 'zod'
import { type Outcome, wrong } from '../outcome.ts'
import { type PostedLine, postingsOf, type Request } from '../requests.ts'
import { restOutcomeOf } from './answers.ts'
import { postJson } from './network.ts'

const restLine = ({ owner, operation, amount }: PostedLine) => ({
  owner_id: owner,
  operation,
  amount: Math.abs(amount),
})

const batchBody = z.object({ results: z.array(z.looseObject({ status: z.int() })) })

/** Sends a request over REST, with its nonce in the body or as Idempotency-Key. Returns an outcome for each posting. */
export async function sendByRest(
  url: string,
  request: Request,
  { asHeader }: { readonly asHeader: boolean },
): Promise<readonly Outcome[]> {
  const { path, body } = routeOf(request)
  const nonce = 'nonce' in request ? request.nonce : undefined
  const isInHeader = asHeader && nonce !== undefined
  const reply = await postJson(
    url + path,
    { ...body, ...(nonce !== undefined && !isInHeader && { nonce }) },
    isInHeader ? { 'idempotency-key': nonce } : {},
  )
  const count = Math.max(1, postingsOf(request).length)
  if ('failed' in reply) return Array<Outcome>(count).fill(reply.failed)
  const { status, headers, body: answer } = reply
  if (request.kind === 'batch' && status === 200) return batchOutcomes(answer, count)
  const outcome = restOutcomeOf(status, answer, headers.get('idempotency-replayed') === 'true')
  return Array<Outcome>(count).fill(outcome)
}

function batchOutcomes(answer: unknown, count: number): readonly Outcome[] {
  const read = batchBody.safeParse(answer)
  if (!read.success || read.data.results.length !== count) {
    return Array<Outcome>(count).fill(wrong(`no answer to a batch of ${count}: ${JSON.stringify(answer)}`))
  }
  return read.data.results.map((result) => restOutcomeOf(result.status, result))
}

function routeOf(request: Request): { path: string; body: object } {
  switch (request.kind) {
    case 'entry':
      return { path: '/ledger', body: restLine(request.line) }
    case 'reward': {
      const { owner, expiresOn } = request
      return { path: '/ledger', body: { owner_id: owner, operation: 'DAILY_REWARD', expires_on: expiresOn } }
    }
    case 'transaction':
      return {
        path: '/ledger/transactions',
        body: { entries: request.lines.map(restLine), balanced: request.balanced },
      }
    case 'transfer': {
      const { from, to, amount } = request
      return { path: '/ledger/transfers', body: { from, to, amount } }
    }
    case 'hold':
      return { path: '/ledger/holds', body: { ...restLine(request.line), expires_in: request.expiresIn } }
    case 'capture':
      return { path: `/ledger/holds/${request.holdId}/capture`, body: { amount: request.amount } }
    case 'release':
      return { path: `/ledger/holds/${request.holdId}/release`, body: {} }
    case 'reversal':
      return { path: `/ledger/transactions/${request.transactionId}/reverse`, body: {} }
    case 'refund':
      return {
        path: `/ledger/entries/${request.entryId}/refund`,
        body: { amount: Math.abs(request.line.amount) },
      }
    case 'batch':
      return {
        path: '/ledger/batch',
        body: { entries: request.entries.map(({ nonce, line }) => ({ ...restLine(line), nonce })) },
      }
    case 'content': {
      const { owner, nonce } = request
      return { path: '/content', body: { owner_id: owner, title: nonce, body: nonce } }
    }
    case 'project': {
      const { title, client, freelancer, price } = request
      return { path: '/projects', body: { client_id: client, freelancer_id: freelancer, title, price } }
    }
    case 'payment':
      return { path: `/projects/${request.projectId}/pay`, body: {} }
  }
}
