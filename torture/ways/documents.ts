import { type DocumentNode, parse } from 'graphql'

const entry = 'id ownerId operationName amount balanceAfter nonce transactionId createdOn'

const duplicate = `... on Error { code message } ... on DuplicateNonceError { identical entry { ${entry} } }`

/** The apps' own mutations. Their outcome has the same alias as in the typed client's documents. */
export const CreateContentDocument: DocumentNode = parse(`
  mutation CreateContent($input: CreateContentInput!) {
    outcome: createContent(input: $input) {
      __typename
      ... on PostedContent { replayed entry { ${entry} } }
      ${duplicate}
    }
  }`)

export const CreateProjectDocument: DocumentNode = parse(`
  mutation CreateProject($input: CreateProjectInput!) {
    outcome: createProject(input: $input) {
      __typename
      ... on Project { id }
      ... on Error { code message }
    }
  }`)

export const PayProjectDocument: DocumentNode = parse(`
  mutation PayProject($input: PayProjectInput!) {
    outcome: payProject(input: $input) {
      __typename
      ... on PaidProject { replayed transaction { entries { ${entry} } } }
      ${duplicate}
    }
  }`)
