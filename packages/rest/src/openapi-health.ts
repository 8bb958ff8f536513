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

const probe = (operationId: string, summary: string, description: string, responses: object) => ({
  get: {
    operationId,
    summary,
    description,
    tags: ['health'],
    security: [],
    parameters: [],
    responses: {
      ...responses,
      400: describeResponse([['MALFORMED_REQUEST', problems.MALFORMED_REQUEST]]),
      421: describeResponse([['MISDIRECTED_REQUEST', problems.MISDIRECTED_REQUEST]]),
    },
  },
})

const answers = {
  description: 'The database answers; read-only: it takes no postings now.',
  ...status('healthy', 'read-only'),
}

/** The paths of the probes, with the server's responses. */
export const probePaths = {
  '/health': probe('getHealth', 'Whether the app can serve', 'It asks the database.', {
    200: answers,
    503: { description: 'The database is away.', ...status('unhealthy') },
  }),
  '/livez': probe('getLiveness', 'Whether the process answers', 'It asks the database nothing.', {
    200: { description: 'It does.', ...status('alive') },
  }),
  '/readyz': probe(
    'getReadiness',
    'Whether the app takes requests',
    'It asks the database, unless it stops.',
    {
      200: answers,
      503: {
        description: 'The database is away, or the process was told to stop.',
        ...status('unhealthy', 'stopping'),
      },
    },
  ),
}
