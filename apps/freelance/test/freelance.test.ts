import { createLedgerClient } from '@shared-ledger/client'
import type { OperationOf } from '@shared-ledger/ledger'
import { describe, expect, test } from 'vitest'
import type { operations } from '../src/operations.ts'
import {
  CreateProjectDocument,
  GrantGoodwillDocument,
  PostProjectEntryDocument,
  ProjectDocument,
} from './generated/documents.ts'
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

  test.each(['0', 'x', '999999999', '99999999999999999999'])('are not found by the id %j', async (id) => {
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

  test('pay and spend the given number of credits', async () => {
    expect(await post('PROJECT_PAYMENT', 30, 'p1')).toMatchObject({
      entry: { amount: 30 },
      balance: { amount: 30 },
    })
    expect(await post('PROJECT_SPENDING', 12, 'p2')).toMatchObject({
      entry: { amount: -12 },
      balance: { amount: 18 },
    })
  })

  test('require an amount', async () => {
    expect(await post('PROJECT_PAYMENT', undefined, 'p3')).toMatchObject({ code: 'VALIDATION_ERROR' })
  })
})

test('give goodwill to the client of a project, once per nonce', async () => {
  const project = await agree({ clientId: 'sorry' })
  if (project.__typename !== 'Project') throw new Error(project.code)
  const grant = async (projectId: string, amount: number, nonce = 'g1') =>
    (await client.request(GrantGoodwillDocument, { input: { projectId, amount, nonce } })).grantGoodwill
  const given = {
    __typename: 'GrantedGoodwill',
    entry: { ownerId: 'sorry', operation: 'PROJECT_GOODWILL', amount: 7 },
    balance: { amount: 7 },
  }
  expect(await grant(project.id, 7)).toEqual({ ...given, replayed: false })
  expect(await grant(project.id, 7)).toEqual({ ...given, replayed: true })
  expect(await grant(project.id, 8)).toMatchObject({ code: 'DUPLICATE_NONCE' })
  expect(await grant(project.id, 101, 'g2')).toMatchObject({ code: 'VALIDATION_ERROR' })
  expect(await grant('999', 7, 'g3')).toMatchObject({ code: 'PROJECT_NOT_FOUND' })
  expect(await postJson(`/projects/${project.id}/goodwill`, { amount: 7, nonce: 'g1' })).toMatchObject({
    status: 200,
    body: { project: { client_id: 'sorry' }, entry: { amount: 7 }, balance: 7 },
  })
})
