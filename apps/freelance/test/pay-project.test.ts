import { createLedgerClient } from '@shared-ledger/client'
import { maxCredits, type OperationOf } from '@shared-ledger/ledger'
import { describe, expect, test } from 'vitest'
import type { operations } from '../src/operations.ts'
import {
  CreateProjectDocument,
  PayProjectDocument,
  PostProjectEntryDocument,
  TransferCreditsDocument,
} from './generated/documents.ts'
import { startFreelance } from './start-freelance.ts'

const { url, post, sql } = await startFreelance()
const client = createLedgerClient<OperationOf<typeof operations>>({ url: `${url}/graphql` })

let names = 0
/** Agrees a project between two people that no other test uses. */
async function agreed({ price = 50, credits = 80, same = false } = {}) {
  names += 1
  const clientId = `client ${names}`
  const freelancerId = same ? clientId : `freelancer ${names}`
  if (credits > 0) await give(clientId, credits)
  return { clientId, freelancerId, projectId: await agree({ clientId, freelancerId, price }) }
}

async function agree(project: { clientId: string; freelancerId: string; price: number }) {
  const { createProject } = await client.request(CreateProjectDocument, {
    input: { title: 'A logo', ...project },
  })
  if (createProject.__typename !== 'Project') throw new Error(createProject.message)
  return createProject.id
}

async function give(ownerId: string, amount: number, nonce: string = crypto.randomUUID()) {
  const input = { ownerId, operation: 'CREDIT_ADD' as const, amount, nonce }
  return (await client.request(PostProjectEntryDocument, { input })).postLedgerEntry
}

const pay = async (projectId: string, nonce: string) =>
  (await client.request(PayProjectDocument, { input: { projectId, nonce } })).payProject

const amounts = (...ownerIds: string[]) =>
  Promise.all(ownerIds.map(async (ownerId) => (await client.balance(ownerId)).amount))

const row = async (projectId: string) =>
  (await sql.query('SELECT transaction_id, paid_on FROM freelance.projects WHERE id = $1', [projectId]))
    .rows[0]

const unpaid = { transaction_id: null, paid_on: null }

describe('payProject', () => {
  test('moves the price from the client to the freelancer, in one transaction that the project keeps', async () => {
    const { clientId, freelancerId, projectId } = await agreed()
    const paid = await pay(projectId, 'n')
    expect(paid).toMatchObject({
      __typename: 'PaidProject',
      project: { id: projectId },
      transaction: {
        nonce: 'n',
        metadata: { project_id: projectId },
        entries: [
          { ownerId: clientId, operation: 'PROJECT_SPENDING', amount: -50, balanceAfter: 30 },
          { ownerId: freelancerId, operation: 'PROJECT_PAYMENT', amount: 50, balanceAfter: 50 },
        ],
      },
      balances: [
        { ownerId: clientId, amount: 30 },
        { ownerId: freelancerId, amount: 50 },
      ],
      replayed: false,
    })
    if (paid.__typename !== 'PaidProject') return
    expect(paid.project.transaction).toEqual({ id: paid.transaction.id })
    expect(paid.project.paidOn).toBe(paid.transaction.createdOn)
    expect(await row(projectId)).toEqual({
      transaction_id: paid.transaction.id,
      paid_on: new Date(paid.transaction.createdOn),
    })
    expect(await pay(projectId, 'n')).toEqual({ ...paid, replayed: true })
    expect(await amounts(clientId, freelancerId)).toEqual([30, 50])
  })

  test('with another nonce is refused once the project is paid', async () => {
    const { clientId, freelancerId, projectId } = await agreed({ credits: 200 })
    await pay(projectId, 'first')
    expect(await pay(projectId, 'second')).toMatchObject({
      __typename: 'ProjectPaidError',
      code: 'PROJECT_PAID',
    })
    expect(await amounts(clientId, freelancerId)).toEqual([150, 50])
  })

  test('says that the project is paid, also to a client who could not pay it twice', async () => {
    const { clientId, freelancerId, projectId } = await agreed({ credits: 50 })
    await pay(projectId, 'first')
    expect(await pay(projectId, 'second')).toMatchObject({ code: 'PROJECT_PAID' })
    expect(await amounts(clientId, freelancerId)).toEqual([0, 50])
  })

  test('sent 20 times at once pays once, and all get the same answer', async () => {
    const { clientId, freelancerId, projectId } = await agreed({ credits: 2000 })
    const answers = await Promise.all(Array.from({ length: 20 }, () => pay(projectId, 'n')))
    const ids = answers.map((answer) => answer.__typename === 'PaidProject' && answer.transaction.id)
    expect(new Set(ids).size).toBe(1)
    expect(answers.filter((answer) => answer.__typename === 'PaidProject' && !answer.replayed)).toHaveLength(
      1,
    )
    expect(await amounts(clientId, freelancerId)).toEqual([1950, 50])
  })

  test('sent at once with 20 nonces pays once, and the others are refused', async () => {
    const { clientId, freelancerId, projectId } = await agreed({ credits: 2000 })
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => pay(projectId, `n${n}`)))
    const names = answers.map(({ __typename }) => __typename)
    expect(names.sort()).toEqual(['PaidProject', ...Array(19).fill('ProjectPaidError')])
    expect(await amounts(clientId, freelancerId)).toEqual([1950, 50])
  })

  test('without enough credits changes nothing, and the nonce can be used again', async () => {
    const { clientId, freelancerId, projectId } = await agreed({ credits: 49 })
    expect(await pay(projectId, 'n')).toMatchObject({
      __typename: 'InsufficientBalanceError',
      entryIndex: 0,
      balance: { ownerId: clientId, amount: 49, available: 49 },
    })
    expect(await amounts(clientId, freelancerId)).toEqual([49, 0])
    expect(await row(projectId)).toEqual(unpaid)
    await give(clientId, 1)
    expect(await pay(projectId, 'n')).toMatchObject({ __typename: 'PaidProject', replayed: false })
    expect(await amounts(clientId, freelancerId)).toEqual([0, 50])
  })

  test('that exceeds the freelancer’s range takes nothing from the client', async () => {
    const { clientId, freelancerId, projectId } = await agreed()
    await give(freelancerId, maxCredits - 49)
    expect(await pay(projectId, 'n')).toMatchObject({ code: 'BALANCE_OUT_OF_RANGE', entryIndex: 1 })
    expect(await amounts(clientId, freelancerId)).toEqual([80, maxCredits - 49])
    expect(await row(projectId)).toEqual(unpaid)
  })

  test('moves the highest possible price', async () => {
    const { clientId, freelancerId, projectId } = await agreed({ price: maxCredits, credits: maxCredits })
    expect(await pay(projectId, 'n')).toMatchObject({ __typename: 'PaidProject' })
    expect(await amounts(clientId, freelancerId)).toEqual([0, maxCredits])
  })

  test('to oneself takes and gives, if the credits are there', async () => {
    const { clientId, projectId } = await agreed({ same: true })
    expect(await pay(projectId, 'n')).toMatchObject({
      transaction: {
        entries: [
          { ownerId: clientId, amount: -50, balanceAfter: 30 },
          { ownerId: clientId, amount: 50, balanceAfter: 80 },
        ],
      },
      balances: [{ ownerId: clientId, amount: 80 }],
    })
    expect(await pay(projectId, 'n')).toMatchObject({
      balances: [{ ownerId: clientId, amount: 80 }],
      replayed: true,
    })
    const poor = await agreed({ same: true, credits: 49 })
    expect(await pay(poor.projectId, 'n')).toMatchObject({ code: 'INSUFFICIENT_BALANCE' })
  })

  test('never takes another posting for its own', async () => {
    const { clientId, freelancerId, projectId } = await agreed({ credits: 500 })
    await give(clientId, 1, 'of the client')
    await give(freelancerId, 1, 'of the freelancer')
    const other = await agree({ clientId, freelancerId, price: 50 })
    await pay(other, 'of another project')
    for (const nonce of ['of the client', 'of the freelancer', 'of another project']) {
      expect(await pay(projectId, nonce)).toMatchObject({
        __typename: 'DuplicateNonceError',
        identical: false,
        entry: { nonce },
      })
    }
    await post('/graphql', {
      query: `mutation ($input: PostLedgerTransactionInput!) { postLedgerTransaction(input: $input) { __typename } }`,
      variables: {
        input: {
          nonce: 'just the same',
          metadata: { project_id: projectId },
          balanced: true,
          entries: [
            { ownerId: clientId, operation: 'PROJECT_SPENDING', amount: 50 },
            { ownerId: freelancerId, operation: 'PROJECT_PAYMENT', amount: 50 },
          ],
        },
      },
    })
    expect(await pay(projectId, 'just the same')).toMatchObject({ code: 'DUPLICATE_NONCE', identical: false })
    expect(await row(projectId)).toEqual(unpaid)
    expect(await amounts(clientId, freelancerId)).toEqual([401, 101])
  })

  test('of projects in both directions at once ends, and no credit is lost', async () => {
    const { clientId: ada, freelancerId: bob } = await agreed({ credits: 500 })
    await give(bob, 500)
    const projects = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        agree(
          n % 2
            ? { clientId: ada, freelancerId: bob, price: 7 }
            : { clientId: bob, freelancerId: ada, price: 5 },
        ),
      ),
    )
    const paid = await Promise.all(projects.map((projectId) => pay(projectId, `pays ${projectId}`)))
    expect(new Set(paid.map(({ __typename }) => __typename))).toEqual(new Set(['PaidProject']))
    expect(await amounts(ada, bob)).toEqual([480, 520])
  })

  test.each(['0', '-1', '1.5', 'x', '', '999999999', '99999999999999999999'])(
    'of a project %j that is not there is refused',
    async (projectId) => {
      expect(await pay(projectId, 'n')).toMatchObject({
        __typename: 'ProjectNotFoundError',
        code: 'PROJECT_NOT_FOUND',
      })
    },
  )

  test.each(['', 'x'.repeat(256), 'a\0', '\ud800'])('refuses a bad nonce %#', async (nonce) => {
    const { projectId } = await agreed()
    expect(await pay(projectId, nonce)).toMatchObject({
      __typename: 'ValidationError',
      errors: [{ field: 'nonce' }],
    })
    expect(await row(projectId)).toEqual(unpaid)
  })
})

test('the database refuses a half-paid project, and a transaction that pays two', async () => {
  const { projectId } = await agreed()
  const { projectId: other } = await agreed()
  await pay(projectId, 'n')
  const half = 'UPDATE freelance.projects SET paid_on = NULL WHERE id = $1'
  await expect(sql.query(half, [projectId])).rejects.toThrow('projects_paid')
  const twice = `UPDATE freelance.projects
                    SET (transaction_id, paid_on) = (SELECT transaction_id, paid_on FROM freelance.projects WHERE id = $1)
                  WHERE id = $2`
  await expect(sql.query(twice, [projectId, other])).rejects.toThrow('projects_transaction_id_key')
})

test('owners send each other credits only by a transfer', async () => {
  await give('sender', 10)
  const transfer = { from: 'sender', to: 'receiver', amount: 4, nonce: 't' }
  expect(await client.request(TransferCreditsDocument, { input: transfer })).toMatchObject({
    transferCredits: {
      balances: [
        { ownerId: 'sender', amount: 6 },
        { ownerId: 'receiver', amount: 4 },
      ],
    },
  })
  const mint = { ownerId: 'sender', operation: 'TRANSFER_IN' as const, amount: 4, nonce: 'mint' }
  expect(await client.request(PostProjectEntryDocument, { input: mint })).toMatchObject({
    postLedgerEntry: { code: 'VALIDATION_ERROR' },
  })
})

describe('by REST', () => {
  test('a project is paid, once', async () => {
    const { clientId, freelancerId, projectId } = await agreed()
    const path = `/projects/${projectId}/pay`
    const paid = await post(path, { nonce: 'n' })
    expect(paid).toMatchObject({
      status: 200,
      body: {
        project: { id: Number(projectId), client_id: clientId, price: 50 },
        transaction: {
          nonce: 'n',
          metadata: { project_id: projectId },
          entries: [
            { owner_id: clientId, operation: 'PROJECT_SPENDING', amount: -50, balance_after: 30 },
            { owner_id: freelancerId, operation: 'PROJECT_PAYMENT', amount: 50, balance_after: 50 },
          ],
        },
        balances: [
          { owner_id: clientId, balance: 30 },
          { owner_id: freelancerId, balance: 50 },
        ],
      },
    })
    expect(paid.body.project.paid_on).toBe(paid.body.transaction.created_on)
    expect(paid.headers.get('idempotency-replayed')).toBeNull()
    for (const again of [post(path, { nonce: 'n' }), post(path, {}, { 'idempotency-key': 'n' })]) {
      const { status, headers, body } = await again
      expect({ status, body }).toEqual({ status: 200, body: paid.body })
      expect(headers.get('idempotency-replayed')).toBe('true')
    }
    expect(await post(path, { nonce: 'another' })).toMatchObject({
      status: 409,
      body: { code: 'PROJECT_PAID' },
    })
    expect(await amounts(clientId, freelancerId)).toEqual([30, 50])
  })

  test('20 payments at once pay once', async () => {
    const { clientId, freelancerId, projectId } = await agreed({ credits: 2000 })
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => post(`/projects/${projectId}/pay`, { nonce: `n${n}` })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(409)])
    expect(await amounts(clientId, freelancerId)).toEqual([1950, 50])
  })

  test('refusals have their status, and nothing is charged', async () => {
    const { clientId, freelancerId, projectId } = await agreed({ credits: 49 })
    const path = `/projects/${projectId}/pay`
    await give(clientId, 1, 'used')
    await post('/ledger', { owner_id: clientId, operation: 'CREDIT_SPEND', amount: 1, nonce: 'back' })
    const refused: [path: string, body: unknown, status: number, code: string][] = [
      [path, { nonce: 'n' }, 400, 'INSUFFICIENT_BALANCE'],
      [path, { nonce: 'used' }, 409, 'DUPLICATE_NONCE'],
      [path, {}, 422, 'VALIDATION_ERROR'],
      [path, { nonce: '' }, 422, 'VALIDATION_ERROR'],
      [path, { nonce: 5 }, 422, 'VALIDATION_ERROR'],
      [path, { nonce: 'n', amount: 1 }, 422, 'VALIDATION_ERROR'],
      [path, [], 422, 'VALIDATION_ERROR'],
      ['/projects/999999999/pay', { nonce: 'n' }, 404, 'PROJECT_NOT_FOUND'],
      ['/projects/none/pay', { nonce: 'n' }, 404, 'PROJECT_NOT_FOUND'],
      ['/projects/%00/pay', { nonce: 'n' }, 404, 'PROJECT_NOT_FOUND'],
    ]
    for (const [at, body, status, code] of refused) {
      expect(await post(at, body), JSON.stringify(body)).toMatchObject({ status, body: { code } })
    }
    expect(await amounts(clientId, freelancerId)).toEqual([49, 0])
    expect(await row(projectId)).toEqual(unpaid)
  })
})
