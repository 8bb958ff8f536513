import { describeResponse } from './openapi-problems.ts'
import { problems } from './problems.ts'

const status = (...values: string[]) => ({
  content: {
    'application/json': {
      schema: {
        type: 'object',
        properties: { status: { type: 'string', enum: values } },
        required: ['status'],
      },
    },
  },
})

/** /health as the server answers it. */
export const healthPath = {
  get: {
    operationId: 'getHealth',
    summary: 'Whether the app can serve',
    description: 'For probes: it asks the database.',
    tags: ['health'],
    parameters: [],
    responses: {
      200: {
        description: 'The database answers; read-only: it takes no postings now.',
        ...status('healthy', 'read-only'),
      },
      400: describeResponse([['MALFORMED_REQUEST', problems.MALFORMED_REQUEST]]),
      421: describeResponse([['MISDIRECTED_REQUEST', problems.MISDIRECTED_REQUEST]]),
      503: { description: 'The database is away.', ...status('unhealthy') },
    },
  },
}
