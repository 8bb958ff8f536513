import { createLedgerClient } from '@shared-ledger/client'
import type { OperationOf } from '@shared-ledger/ledger'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import { startServer } from '@shared-ledger/server'
import { pino } from 'pino'
import { afterAll, describe, expect, test } from 'vitest'
import { createFreelanceApp } from '../src/app.ts'
import type { operations } from '../src/operations.ts'
import { CreateProjectDocument, PostProjectEntryDocument, ProjectDocument } from './generated/documents.ts'

const database = await createTestDatabase()
const server = await startServer({ ...createFreelanceApp(database.url, pino({ level: 'silent' })), port: 0 })
afterAll(async () => {
  await server.close()
  await database.drop()
})
const client = createLedgerClient<OperationOf<typeof operations>>({ url: `${server.url}/graphql` })

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
    const response = await fetch(`${server.url}/projects`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ client_id: 'client', freelancer_id: 'free', title: 'A page', price: 7 }),
    })
    expect(response.status).toBe(201)
    expect(await response.json()).toMatchObject({
      project: { client_id: 'client', title: 'A page', price: 7 },
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
