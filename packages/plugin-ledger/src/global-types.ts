// A build keeps only imports that are used or have no name. These two augment every builder's types.
import '@pothos/plugin-errors'
import '@pothos/plugin-relay'
import type {
  FieldNullability,
  InputFieldMap,
  InputShapeFromFields,
  SchemaTypes,
  ShapeFromTypeParam,
  TypeParam,
} from '@pothos/core'
import type { Ledger, Operations, RefusalClass } from '@shared-ledger/ledger'
import type { z } from 'zod'
import type { FieldAccess, NestedAccess, QueryAccess } from './access.ts'
import type { MutationOptions } from './app-mutations.ts'
import type { FieldCost } from './field-cost.ts'
import type { PothosLedgerPlugin } from './plugin.ts'
import type { LedgerBookRef, LedgerRefs } from './types.ts'

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      ledger: PothosLedgerPlugin<Types>
    }

    export interface FieldOptions<
      Types extends SchemaTypes = SchemaTypes,
      ParentShape = unknown,
      Type extends TypeParam<Types> = TypeParam<Types>,
      Nullable extends FieldNullability<Type> = FieldNullability<Type>,
      Args extends InputFieldMap = InputFieldMap,
      ResolveShape = unknown,
      ResolveReturnShape = unknown,
    > {
      /** The cost of the field, if its type and arguments do not tell it. Servers refuse documents that cost too much. */
      cost?: FieldCost<InputShapeFromFields<Args>>
    }

    export interface ObjectFieldOptions<
      Types extends SchemaTypes,
      ParentShape,
      Type extends TypeParam<Types>,
      Nullable extends FieldNullability<Type>,
      Args extends InputFieldMap,
      ResolveReturnShape,
    > {
      /**
       * Who may use it, if it leads to an account. The default is services with the scope `read`, and owners for their
       * own account.
       */
      access?: NestedAccess
    }

    export interface QueryFieldOptions<
      Types extends SchemaTypes,
      Type extends TypeParam<Types>,
      Nullable extends FieldNullability<Type>,
      Args extends InputFieldMap,
      ResolveReturnShape,
    > {
      /** Who may use it. */
      access: QueryAccess<InputShapeFromFields<Args>, ShapeFromTypeParam<Types, Type, false>>
    }

    export interface MutationFieldOptions<
      Types extends SchemaTypes,
      Type extends TypeParam<Types>,
      Nullable extends FieldNullability<Type>,
      Args extends InputFieldMap,
      ResolveReturnShape,
    > {
      /** Who may use it. */
      access: FieldAccess<InputShapeFromFields<Args>>
    }

    export interface SubscriptionFieldOptions<
      Types extends SchemaTypes,
      Type extends TypeParam<Types>,
      Nullable extends FieldNullability<Type>,
      Args extends InputFieldMap,
      ResolveShape,
      ResolveReturnShape,
    > {
      /** Who may open it. */
      access: FieldAccess<InputShapeFromFields<Args>>
    }

    export interface SchemaBuilder<Types extends SchemaTypes> {
      /**
       * Adds the ledger's queries, mutations and types to an app's graph. The builder must have `ledgerPlugins`. A query
       * type and a mutation type are added unless it has them. Transfers are added when the operations contain
       * `...transferOperations`, exchanges when one of them has `exchange`, and books when one of them names another than
       * the app's own. Lots are added when the operations contain `...lotOperations`. Live entries are added when the builder already has a subscription type.
       *
       * @param own.refusals The app's own errors, from `defineRefusal`. Each becomes a type of the graph.
       * @returns the ledger's types, which the app's own fields use.
       */
      addLedger: <Ops extends Operations, App extends string = never>(
        ledger: Ledger<Ops, App>,
        own?: { readonly refusals?: readonly RefusalClass[] },
      ) => LedgerRefs<Types, Ops> & LedgerBookRef<Types, Ops, App>

      /**
       * Adds a mutation of the app's own, with its input type and the union of its result: both follow from what is given.
       * For a mutation with other arguments or another result there is `builder.mutationField`.
       *
       * @example
       * ```ts
       * const playing = z.object({ ownerId: ownerIdSchema, nonce: nonceSchema }).describe('A round to play.')
       *
       * builder.addMutation('playRound', {
       *   description: 'Plays a round for the price of ROUND_PLAYED.',
       *   input: playing,
       *   type: PlayedRound,
       *   refusals: [...errorsOf(ledger.postEntry), RoundNotFoundError],
       *   access: { action: 'act', owner: ({ input }) => input.ownerId },
       *   resolve: (input) => playRound(ledger, input),
       * })
       * ```
       */
      addMutation: <Input extends z.ZodObject, Type extends TypeParam<Types>>(
        name: string,
        options: MutationOptions<Types, Input, Type>,
      ) => void
    }
  }
}
