import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { createLedgerClient, type LedgerClient, LedgerClientError } from '@shared-ledger/client'
import { type Outcome, unknown, wrong } from '../outcome.ts'
import { postingsOf, type Request } from '../requests.ts'
import { graphOutcomeOf } from './answers.ts'
import { appDocumentOf, graphLine, graphReward } from './graphql.ts'
import { timeoutMs } from './network.ts'

const clients = new Map<string, LedgerClient>()

function clientOf(url: string): LedgerClient {
  const retry = { attempts: 3, maxDelayMs: 3_000 }
  const client = clients.get(url) ?? createLedgerClient({ url: `${url}/graphql`, timeoutMs, retry })
  clients.set(url, client)
  return client
}

/** Sends a request with the typed client and its retries. Returns an outcome for each posting. */
export async function sendByClient(url: string, request: Request): Promise<readonly Outcome[]> {
  try {
    return (await answersOf(clientOf(url), request)).map(graphOutcomeOf)
  } catch (error) {
    return Array<Outcome>(Math.max(1, postingsOf(request).length)).fill(failureOf(error))
  }
}

async function answersOf(client: LedgerClient, request: Request): Promise<readonly unknown[]> {
  switch (request.kind) {
    case 'entry': {
      const { nonce, line } = request
      return [await client.postEntry({ nonce, ...graphLine(line) })]
    }
    case 'reward':
      return [await client.postEntry(graphReward(request))]
    case 'transaction': {
      const { nonce, balanced, lines } = request
      return [await client.postTransaction({ nonce, balanced, entries: lines.map(graphLine) })]
    }
    case 'transfer': {
      const { nonce, from, to, amount } = request
      return [await client.transfer({ nonce, from, to, amount })]
    }
    case 'hold': {
      const { nonce, line, expiresIn } = request
      return [await client.holdCredits({ nonce, expiresIn, ...graphLine(line) })]
    }
    case 'capture': {
      const { nonce, holdId, amount } = request
      return [await client.captureHold({ nonce, id: holdId, amount })]
    }
    case 'release':
      return [await client.releaseHold(request.holdId)]
    case 'reversal':
      return [await client.reverseTransaction({ nonce: request.nonce, id: request.transactionId })]
    case 'refund': {
      const { nonce, entryId, line } = request
      return [await client.refundEntry({ nonce, id: entryId, amount: Math.abs(line.amount) })]
    }
    case 'batch':
      return client.postEntries(request.entries.map(({ nonce, line }) => ({ nonce, ...graphLine(line) })))
    case 'content':
    case 'project':
    case 'payment': {
      const { document, variables } = appDocumentOf(request)
      const typed: TypedDocumentNode<{ outcome: unknown }, object> = document
      return [(await client.request(typed, variables)).outcome]
    }
  }
}

function failureOf(error: unknown): Outcome {
  if (error instanceof LedgerClientError) {
    const { code, message, retryable, status } = error
    return retryable ? unknown(code) : wrong(`${status ?? 'no answer'}: ${code} ${message} ${error.cause}`)
  }
  return wrong(String(error))
}
