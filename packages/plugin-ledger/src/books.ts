import type { ArgBuilder, EnumRef, FieldRef, InputFieldBuilder } from '@pothos/core'
import type { AnyLedger, BuilderTypes, LedgerBuilder } from './builder.ts'

/** The enum of an app's books. Undefined for an app with one book, whose graph does not speak of books. */
export type BookRef = EnumRef<BuilderTypes, string> | undefined

/** Adds the enum `LedgerBook` for an app with several books. */
export function addBooks(builder: LedgerBuilder, ledger: AnyLedger): BookRef {
  const { app, books } = ledger
  if (books.length === 1) return undefined
  const operationsOf = (book: string) =>
    ledger.describeOperations().flatMap((operation) => (operation.book === book ? [operation.name] : []))
  return builder.enumType('LedgerBook', {
    description: 'A set of accounts in one unit. An owner has one account in each.',
    values: Object.fromEntries(
      books.map((value) => {
        const description =
          value === app
            ? "The app's own book, for every operation that names no other."
            : `The book of ${operationsOf(value).join(', ')}.`
        return [value.toUpperCase(), { value, description }]
      }),
    ),
  })
}

const description = "Which book. The app's own when left out."

/** The argument for a book, in an app with several books. */
export const bookArg = (arg: ArgBuilder<BuilderTypes>, LedgerBook: BookRef) =>
  LedgerBook ? { book: arg({ type: LedgerBook, description }) } : {}

/** The input field for a book, in an app with several books. */
export const bookInputField = (t: InputFieldBuilder<BuilderTypes, 'InputObject'>, LedgerBook: BookRef) =>
  LedgerBook ? { book: t.field({ type: LedgerBook, description }) } : {}

/** The field for the book of an account, in an app with several books. */
export const bookField = <Shape extends { readonly book: string }>(
  t: PothosSchemaTypes.ObjectFieldBuilder<BuilderTypes, Shape>,
  LedgerBook: BookRef,
): { readonly book?: FieldRef<BuilderTypes, string, 'Object'> } =>
  LedgerBook
    ? {
        book: t.field({
          type: LedgerBook,
          nullable: false,
          description: 'The book of the account.',
          resolve: ({ book }) => book,
        }),
      }
    : {}
