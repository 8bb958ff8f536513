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
    operationId: 'get_health',
    summary: 'Whether the app can serve',
    tags: ['health'],
    parameters: [],
    responses: {
      200: {
        description: 'The database answers; read-only: it takes no postings now.',
        ...status('healthy', 'read-only'),
      },
      503: { description: 'The database is away.', ...status('unhealthy') },
    },
  },
}
