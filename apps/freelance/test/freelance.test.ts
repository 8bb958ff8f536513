import { createLedgerClient } from '@shared-ledger/client'
import type { OperationOf } from '@shared-ledger/ledger'
import { describe, expect, test } from 'vitest'
import type { operations } from '../src/operations.ts'
import { CreateProjectDocument, PostProjectEntryDocument, ProjectDocument } from './generated/documents.ts'
import { startFreelance } from './start-freelance.ts'

const { url, post: postJson } = await startFreelance()
const client = createLedgerClient<OperationOf<typeof operations>>({ url: `${url}/graphql` })

const agree = async (input: object) =>
  (
    await client.request(CreateProjectDocument, {
      input: { clientId: 'client', freelancerId: 'free', title: 'A logo', price: 50, ...input },
    })
  ).createProject

describe('projects', () => {
  test('are agreed and read', async () => {
    const project = await agree({})
    expect(project).toMatchObject({
      __typename: 'Project',
      clientId: 'client',
      freelancerId: 'free',
      price: 50,
    })
    if (project.__typename !== 'Project') return
    expect(await client.request(ProjectDocument, { id: project.id })).toEqual({
      project: { id: project.id, title: 'A logo', price: 50 },
    })
  })

  test.each(['0', 'x', '999999999', '99999999999999999999'])('with the id %j there is none', async (id) => {
    expect(await client.request(ProjectDocument, { id })).toEqual({ project: null })
  })

  test.each([
    ['title', ''],
    ['price', 0],
    ['price', -1],
    ['clientId', ''],
    ['freelancerId', 'a\0'],
  ])('refuse a bad %s', async (field, value) => {
    expect(await agree({ [field]: value })).toMatchObject({
      __typename: 'ValidationError',
      errors: [{ field }],
    })
  })

  test('are agreed by REST', async () => {
    const project = { client_id: 'client', freelancer_id: 'free', title: 'A page', price: 7 }
    expect(await postJson('/projects', project)).toMatchObject({
      status: 201,
      body: { project: { ...project, paid_on: null } },
    })
  })
})

describe("the app's own operations", () => {
  const post = async (
    operation: 'PROJECT_PAYMENT' | 'PROJECT_SPENDING',
    amount: number | undefined,
    nonce: string,
  ) =>
    (
      await client.request(PostProjectEntryDocument, {
        input: { ownerId: 'worker', operation, nonce, ...(amount !== undefined && { amount }) },
      })
    ).postLedgerEntry

  test('pay and spend the number of credits given', async () => {
    expect(await post('PROJECT_PAYMENT', 30, 'p1')).toMatchObject({
      entry: { amount: 30 },
      balance: { amount: 30 },
    })
    expect(await post('PROJECT_SPENDING', 12, 'p2')).toMatchObject({
      entry: { amount: -12 },
      balance: { amount: 18 },
    })
  })

  test('want an amount', async () => {
    expect(await post('PROJECT_PAYMENT', undefined, 'p3')).toMatchObject({ code: 'VALIDATION_ERROR' })
  })
})
