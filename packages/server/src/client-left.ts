import { GraphQLError } from 'graphql'

/** The result of a request that was not begun because its client had left. Nobody reads it. */
export class ClientLeft extends GraphQLError {
  constructor() {
    super('The client has left.', { extensions: { code: 'CLIENT_LEFT' } })
  }
}
