// Generated from ../documents. Change the documents, not this file.
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** A project to agree. */
export type CreateProjectInput = {
  /** The owner who pays. */
  readonly clientId: string;
  /** The owner who is paid. */
  readonly freelancerId: string;
  /** Credits, from 1. */
  readonly price: number;
  /** 1 to 200 characters. */
  readonly title: string;
};

/** Credits to give to the client of a project. */
export type GrantGoodwillInput = {
  /** Credits, 1 to 100. */
  readonly amount: number;
  /** Your idempotency key, 1 to 255 characters. A request that is sent again with it is not posted twice. */
  readonly nonce: string;
  /** The id of the project. */
  readonly projectId: string;
};

/** What the app can do with credits: the operations that every app has, then its own. */
export type LedgerOperation =
  /** Credits that an owner gets, such as by buying them. */
  | 'CREDIT_ADD'
  /** Credits that an owner spends. */
  | 'CREDIT_SPEND'
  /** A reward for coming back each day. */
  | 'DAILY_REWARD'
  /** What a client gets for a project that went wrong. */
  | 'PROJECT_GOODWILL'
  /** What a freelancer gets for a project. */
  | 'PROJECT_PAYMENT'
  /** What a client pays for a project. */
  | 'PROJECT_SPENDING'
  /** A welcome to a new owner. */
  | 'SIGNUP_CREDIT'
  /** Credits that an owner gets from another. */
  | 'TRANSFER_IN'
  /** Credits that an owner sends to another. */
  | 'TRANSFER_OUT';

/** The operations that a request can post: neither retired nor internal. */
export type LedgerPostOperation =
  /** Credits that an owner gets, such as by buying them. */
  | 'CREDIT_ADD'
  /** Credits that an owner spends. */
  | 'CREDIT_SPEND'
  /** A reward for coming back each day. */
  | 'DAILY_REWARD'
  /** What a client gets for a project that went wrong. */
  | 'PROJECT_GOODWILL'
  /** What a freelancer gets for a project. */
  | 'PROJECT_PAYMENT'
  /** What a client pays for a project. */
  | 'PROJECT_SPENDING'
  /** A welcome to a new owner. */
  | 'SIGNUP_CREDIT'
  /** Credits that an owner gets from another. */
  | 'TRANSFER_IN'
  /** Credits that an owner sends to another. */
  | 'TRANSFER_OUT';

/** A project to pay. */
export type PayProjectInput = {
  /** Your idempotency key, 1 to 255 characters. A request that is sent again with it is not posted twice. */
  readonly nonce: string;
  /** The id of the project. */
  readonly projectId: string;
};

/** An entry to post. */
export type PostLedgerEntryInput = {
  /** A number of credits, >= 0: the operation gives the sign. A fixed or default amount may be left out. */
  readonly amount?: number | null | undefined;
  /** Returns what the posting would come to, and writes nothing. The ids in the answer do not exist. */
  readonly dryRun?: boolean | null | undefined;
  /** Stored with the posting. {} when left out. */
  readonly metadata?: Record<string, string> | null | undefined;
  /** Your idempotency key, 1 to 255 characters. A request that is sent again with it is not posted twice. */
  readonly nonce: string;
  /** What to do with the credits. */
  readonly operation: LedgerPostOperation;
  /** The account's owner: 1 to 255 characters, compared byte for byte. */
  readonly ownerId: string;
};

/** Credits to move from one owner to another. */
export type TransferCreditsInput = {
  /** Credits, from 1. */
  readonly amount: number;
  /** Returns what the posting would come to, and writes nothing. The ids in the answer do not exist. */
  readonly dryRun?: boolean | null | undefined;
  /** The owner who sends. */
  readonly from: string;
  /** Stored with the posting. {} when left out. */
  readonly metadata?: Record<string, string> | null | undefined;
  /** Your idempotency key, 1 to 255 characters. A request that is sent again with it is not posted twice. */
  readonly nonce: string;
  /** The owner who receives, who must be another one. */
  readonly to: string;
};

export type CreateProjectMutationVariables = Exact<{
  input: CreateProjectInput;
}>;


export type CreateProjectMutation = { readonly createProject:
    | { readonly __typename: 'Project', readonly id: string, readonly clientId: string, readonly freelancerId: string, readonly title: string, readonly price: number, readonly createdOn: string }
    | { readonly __typename: 'ValidationError', readonly code: string, readonly message: string, readonly errors: ReadonlyArray<{ readonly field: string, readonly message: string }> }
   };

export type ProjectQueryVariables = Exact<{
  id: string;
}>;


export type ProjectQuery = { readonly project: { readonly id: string, readonly title: string, readonly price: number } | null };

export type PostProjectEntryMutationVariables = Exact<{
  input: PostLedgerEntryInput;
}>;


export type PostProjectEntryMutation = { readonly postLedgerEntry:
    | { readonly __typename: 'AccountStateError', readonly code: string, readonly message: string }
    | { readonly __typename: 'BalanceOutOfRangeError', readonly code: string, readonly message: string }
    | { readonly __typename: 'DuplicateHoldError', readonly code: string, readonly message: string }
    | { readonly __typename: 'DuplicateNonceError', readonly code: string, readonly message: string }
    | { readonly __typename: 'InsufficientBalanceError', readonly code: string, readonly message: string }
    | { readonly __typename: 'LimitReachedError', readonly code: string, readonly message: string }
    | { readonly __typename: 'PostLedgerEntrySuccess', readonly entry: { readonly operation: LedgerOperation | null, readonly amount: number }, readonly balance: { readonly amount: number } }
    | { readonly __typename: 'ValidationError', readonly code: string, readonly message: string }
   };

export type PayProjectMutationVariables = Exact<{
  input: PayProjectInput;
}>;


export type PayProjectMutation = { readonly payProject:
    | { readonly __typename: 'AccountStateError', readonly code: string, readonly message: string }
    | { readonly __typename: 'BalanceOutOfRangeError', readonly code: string, readonly message: string, readonly entryIndex: number }
    | { readonly __typename: 'DuplicateHoldError', readonly code: string, readonly message: string }
    | { readonly __typename: 'DuplicateNonceError', readonly code: string, readonly message: string, readonly identical: boolean, readonly entry: { readonly nonce: string, readonly operation: LedgerOperation | null } }
    | { readonly __typename: 'InsufficientBalanceError', readonly code: string, readonly message: string, readonly entryIndex: number, readonly balance: { readonly ownerId: string, readonly amount: number, readonly available: number | null } }
    | { readonly __typename: 'LimitReachedError', readonly code: string, readonly message: string }
    | { readonly __typename: 'PaidProject', readonly replayed: boolean, readonly project: { readonly id: string, readonly paidOn: string | null, readonly transaction: { readonly id: string } | null }, readonly transaction: { readonly id: string, readonly nonce: string, readonly metadata: Record<string, string>, readonly createdOn: string, readonly entries: ReadonlyArray<{ readonly ownerId: string, readonly operation: LedgerOperation | null, readonly amount: number, readonly balanceAfter: number }> }, readonly balances: ReadonlyArray<{ readonly ownerId: string, readonly amount: number }> }
    | { readonly __typename: 'ProjectNotFoundError', readonly code: string, readonly message: string }
    | { readonly __typename: 'ProjectPaidError', readonly code: string, readonly message: string }
    | { readonly __typename: 'ValidationError', readonly code: string, readonly message: string, readonly errors: ReadonlyArray<{ readonly field: string, readonly message: string }> }
   };

export type TransferCreditsMutationVariables = Exact<{
  input: TransferCreditsInput;
}>;


export type TransferCreditsMutation = { readonly transferCredits:
    | { readonly __typename: 'AccountStateError', readonly code: string, readonly message: string }
    | { readonly __typename: 'BalanceOutOfRangeError', readonly code: string, readonly message: string }
    | { readonly __typename: 'DuplicateHoldError', readonly code: string, readonly message: string }
    | { readonly __typename: 'DuplicateNonceError', readonly code: string, readonly message: string }
    | { readonly __typename: 'InsufficientBalanceError', readonly code: string, readonly message: string }
    | { readonly __typename: 'LimitReachedError', readonly code: string, readonly message: string }
    | { readonly __typename: 'TransferCreditsSuccess', readonly balances: ReadonlyArray<{ readonly ownerId: string, readonly amount: number }> }
    | { readonly __typename: 'ValidationError', readonly code: string, readonly message: string }
   };

export type GrantGoodwillMutationVariables = Exact<{
  input: GrantGoodwillInput;
}>;


export type GrantGoodwillMutation = { readonly grantGoodwill:
    | { readonly __typename: 'AccountStateError', readonly code: string }
    | { readonly __typename: 'BalanceOutOfRangeError', readonly code: string }
    | { readonly __typename: 'DuplicateHoldError', readonly code: string }
    | { readonly __typename: 'DuplicateNonceError', readonly code: string }
    | { readonly __typename: 'GrantedGoodwill', readonly replayed: boolean, readonly entry: { readonly ownerId: string, readonly operation: LedgerOperation | null, readonly amount: number }, readonly balance: { readonly amount: number } }
    | { readonly __typename: 'InsufficientBalanceError', readonly code: string }
    | { readonly __typename: 'LimitReachedError', readonly code: string }
    | { readonly __typename: 'ProjectNotFoundError', readonly code: string }
    | { readonly __typename: 'ValidationError', readonly code: string }
   };


export const CreateProjectDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreateProject"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateProjectInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createProject"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Project"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"clientId"}},{"kind":"Field","name":{"kind":"Name","value":"freelancerId"}},{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"price"}},{"kind":"Field","name":{"kind":"Name","value":"createdOn"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ValidationError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"errors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]}}]}}]} as unknown as DocumentNode<CreateProjectMutation, CreateProjectMutationVariables>;
export const ProjectDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Project"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"project"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"price"}}]}}]}}]} as unknown as DocumentNode<ProjectQuery, ProjectQueryVariables>;
export const PostProjectEntryDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"PostProjectEntry"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"PostLedgerEntryInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"postLedgerEntry"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"PostLedgerEntrySuccess"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"entry"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"operation"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"balance"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Error"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]}}]} as unknown as DocumentNode<PostProjectEntryMutation, PostProjectEntryMutationVariables>;
export const PayProjectDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"PayProject"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"PayProjectInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"payProject"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"PaidProject"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"project"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"paidOn"}},{"kind":"Field","name":{"kind":"Name","value":"transaction"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"transaction"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"nonce"}},{"kind":"Field","name":{"kind":"Name","value":"metadata"}},{"kind":"Field","name":{"kind":"Name","value":"createdOn"}},{"kind":"Field","name":{"kind":"Name","value":"entries"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ownerId"}},{"kind":"Field","name":{"kind":"Name","value":"operation"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"balanceAfter"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"balances"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ownerId"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"replayed"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Error"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ValidationError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"errors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"InsufficientBalanceError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"entryIndex"}},{"kind":"Field","name":{"kind":"Name","value":"balance"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ownerId"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"available"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"BalanceOutOfRangeError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"entryIndex"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"DuplicateNonceError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"identical"}},{"kind":"Field","name":{"kind":"Name","value":"entry"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nonce"}},{"kind":"Field","name":{"kind":"Name","value":"operation"}}]}}]}}]}}]}}]} as unknown as DocumentNode<PayProjectMutation, PayProjectMutationVariables>;
export const TransferCreditsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"TransferCredits"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"TransferCreditsInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"transferCredits"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TransferCreditsSuccess"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"balances"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ownerId"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Error"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]}}]} as unknown as DocumentNode<TransferCreditsMutation, TransferCreditsMutationVariables>;
export const GrantGoodwillDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"GrantGoodwill"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"GrantGoodwillInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"grantGoodwill"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"GrantedGoodwill"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"entry"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ownerId"}},{"kind":"Field","name":{"kind":"Name","value":"operation"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"balance"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"replayed"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Error"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}}]}}]}}]}}]} as unknown as DocumentNode<GrantGoodwillMutation, GrantGoodwillMutationVariables>;