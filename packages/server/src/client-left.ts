import { GraphQLError } from 'graphql'

/** Nobody reads it: it stands for what was not begun since the client had left. */
export class ClientLeft extends GraphQLError {
  constructor() {
    super('The client has left.', { extensions: { code: 'CLIENT_LEFT' } })
  }
}
