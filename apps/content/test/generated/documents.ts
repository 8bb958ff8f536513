// Generated from ../documents. Change the documents, not this file.
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** An access to record. */
export type AccessContentInput = {
  /** The id of the content. */
  readonly contentId: string;
  /** Your idempotency key, 1 to 255 characters. A request that is sent again with it is not posted twice. */
  readonly nonce: string;
  /** Who accesses it. */
  readonly ownerId: string;
};

/** A content to publish. */
export type CreateContentInput = {
  /** 1 to 100,000 characters. */
  readonly body: string;
  /** Your idempotency key, 1 to 255 characters. A request that is sent again with it is not posted twice. */
  readonly nonce: string;
  /** Who publishes it, and pays. */
  readonly ownerId: string;
  /** 1 to 200 characters. */
  readonly title: string;
};

/** A content to feature. */
export type FeatureContentInput = {
  /** The id of the content. */
  readonly contentId: string;
  /** Your idempotency key, 1 to 255 characters. A request that is sent again with it is not posted twice. */
  readonly nonce: string;
};

/** What the app can do with credits: the operations that every app has, then its own. */
export type LedgerOperation =
  /** Reading a content: free, but on record. */
  | 'CONTENT_ACCESS'
  /** The price of publishing a content. */
  | 'CONTENT_CREATION'
  /** What an author gets for a featured content. Internal: posted by the app itself. */
  | 'CONTENT_FEATURE'
  /** Credits that an owner gets, such as by buying them. */
  | 'CREDIT_ADD'
  /** Credits whose time is over. Internal: posted by the app itself. */
  | 'CREDIT_EXPIRED'
  /** Credits that an owner spends. */
  | 'CREDIT_SPEND'
  /** Credits of a lot that were taken back. Internal: posted by the app itself. */
  | 'CREDIT_VOIDED'
  /** A reward for coming back each day. */
  | 'DAILY_REWARD'
  /** A welcome to a new owner. */
  | 'SIGNUP_CREDIT';

export type CreateContentMutationVariables = Exact<{
  input: CreateContentInput;
}>;


export type CreateContentMutation = { readonly createContent:
    | { readonly __typename: 'AccountStateError', readonly code: string, readonly message: string }
    | { readonly __typename: 'BalanceOutOfRangeError', readonly code: string, readonly message: string }
    | { readonly __typename: 'DuplicateHoldError', readonly code: string, readonly message: string }
    | { readonly __typename: 'DuplicateNonceError', readonly code: string, readonly message: string, readonly identical: boolean, readonly entry: { readonly id: string, readonly operation: LedgerOperation | null } }
    | { readonly __typename: 'InsufficientBalanceError', readonly code: string, readonly message: string }
    | { readonly __typename: 'LimitReachedError', readonly code: string, readonly message: string }
    | { readonly __typename: 'PostedContent', readonly replayed: boolean, readonly content: { readonly id: string, readonly ownerId: string, readonly title: string, readonly body: string, readonly createdOn: string, readonly entry: { readonly id: string, readonly nonce: string } | null }, readonly entry: { readonly id: string, readonly operation: LedgerOperation | null, readonly amount: number, readonly balanceAfter: number }, readonly balance: { readonly amount: number } }
    | { readonly __typename: 'ValidationError', readonly code: string, readonly message: string, readonly errors: ReadonlyArray<{ readonly field: string, readonly message: string }> }
   };

export type AccessContentMutationVariables = Exact<{
  input: AccessContentInput;
}>;


export type AccessContentMutation = { readonly accessContent:
    | { readonly __typename: 'AccountStateError', readonly code: string, readonly message: string }
    | { readonly __typename: 'BalanceOutOfRangeError', readonly code: string, readonly message: string }
    | { readonly __typename: 'ContentNotFoundError', readonly code: string, readonly message: string }
    | { readonly __typename: 'DuplicateHoldError', readonly code: string, readonly message: string }
    | { readonly __typename: 'DuplicateNonceError', readonly code: string, readonly message: string }
    | { readonly __typename: 'InsufficientBalanceError', readonly code: string, readonly message: string }
    | { readonly __typename: 'LimitReachedError', readonly code: string, readonly message: string }
    | { readonly __typename: 'PostedContent', readonly replayed: boolean, readonly content: { readonly id: string, readonly accessCount: number }, readonly entry: { readonly operation: LedgerOperation | null, readonly amount: number }, readonly balance: { readonly amount: number } }
    | { readonly __typename: 'ValidationError', readonly code: string, readonly message: string }
   };

export type ContentQueryVariables = Exact<{
  id: string;
}>;


export type ContentQuery = { readonly content: { readonly id: string, readonly title: string, readonly accessCount: number, readonly entry: { readonly id: string } | null } | null };

export type ContentsQueryVariables = Exact<{
  ownerId: string;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ContentsQuery = { readonly contents: ReadonlyArray<{ readonly id: string, readonly title: string }> };

export type FeatureContentMutationVariables = Exact<{
  input: FeatureContentInput;
}>;


export type FeatureContentMutation = { readonly featureContent:
    | { readonly __typename: 'AccountStateError', readonly code: string }
    | { readonly __typename: 'BalanceOutOfRangeError', readonly code: string }
    | { readonly __typename: 'ContentNotFoundError', readonly code: string }
    | { readonly __typename: 'DuplicateHoldError', readonly code: string }
    | { readonly __typename: 'DuplicateNonceError', readonly code: string, readonly identical: boolean }
    | { readonly __typename: 'InsufficientBalanceError', readonly code: string }
    | { readonly __typename: 'LimitReachedError', readonly code: string }
    | { readonly __typename: 'PostedContent', readonly replayed: boolean, readonly entry: { readonly ownerId: string, readonly operation: LedgerOperation | null, readonly amount: number } }
    | { readonly __typename: 'ValidationError', readonly code: string }
   };


export const CreateContentDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreateContent"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateContentInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createContent"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"PostedContent"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"content"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"ownerId"}},{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"body"}},{"kind":"Field","name":{"kind":"Name","value":"createdOn"}},{"kind":"Field","name":{"kind":"Name","value":"entry"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"nonce"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"entry"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"operation"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"balanceAfter"}}]}},{"kind":"Field","name":{"kind":"Name","value":"balance"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"replayed"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Error"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ValidationError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"errors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"DuplicateNonceError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"identical"}},{"kind":"Field","name":{"kind":"Name","value":"entry"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"operation"}}]}}]}}]}}]}}]} as unknown as DocumentNode<CreateContentMutation, CreateContentMutationVariables>;
export const AccessContentDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"AccessContent"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"AccessContentInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"accessContent"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"PostedContent"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"content"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"accessCount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"entry"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"operation"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"balance"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"replayed"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Error"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]}}]} as unknown as DocumentNode<AccessContentMutation, AccessContentMutationVariables>;
export const ContentDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Content"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"content"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"accessCount"}},{"kind":"Field","name":{"kind":"Name","value":"entry"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}}]}}]}}]} as unknown as DocumentNode<ContentQuery, ContentQueryVariables>;
export const ContentsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Contents"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"ownerId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"contents"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"ownerId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"ownerId"}}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"title"}}]}}]}}]} as unknown as DocumentNode<ContentsQuery, ContentsQueryVariables>;
export const FeatureContentDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"FeatureContent"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"FeatureContentInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"featureContent"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"PostedContent"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"entry"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ownerId"}},{"kind":"Field","name":{"kind":"Name","value":"operation"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"replayed"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Error"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"DuplicateNonceError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"identical"}}]}}]}}]}}]} as unknown as DocumentNode<FeatureContentMutation, FeatureContentMutationVariables>;