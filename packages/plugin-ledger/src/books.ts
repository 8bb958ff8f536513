import type { ArgBuilder, EnumRef, InputFieldBuilder } from '@pothos/core'
import type { AnyLedger, BuilderTypes, LedgerBuilder } from './builder.ts'

/** The enum of an app's books. Undefined for an app with one book, whose graph does not speak of books. */
export type BookRef = EnumRef<BuilderTypes, string> | undefined

/** Adds the enum `LedgerBook` for an app with several books. */
export function addBooks(builder: LedgerBuilder, { app, books }: AnyLedger): BookRef {
  if (books.length === 1) return undefined
  return builder.enumType('LedgerBook', {
    description: 'A set of accounts in one unit.',
    values: Object.fromEntries(
      books.map((book) => [
        book.toUpperCase(),
        { value: book, description: book === app ? "The app's own, which is meant when none is named." : '' },
      ]),
    ),
  })
}

const named = 'In which book. The own one of the app when left out.'

/** The argument for a book, in an app with several books. */
export const bookArg = (arg: ArgBuilder<BuilderTypes>, LedgerBook: BookRef) =>
  LedgerBook ? { book: arg({ type: LedgerBook, description: named }) } : {}

/** The input field for a book, in an app with several books. */
export const bookInputField = (t: InputFieldBuilder<BuilderTypes, 'InputObject'>, LedgerBook: BookRef) =>
  LedgerBook ? { book: t.field({ type: LedgerBook, description: named }) } : {}

/** The field for the book of an account, in an app with several books. */
export const bookField = <Shape extends { readonly book: string }>(
  t: PothosSchemaTypes.ObjectFieldBuilder<BuilderTypes, Shape>,
  LedgerBook: BookRef,
) =>
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
