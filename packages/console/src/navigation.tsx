import { Anchor, type AnchorProps } from '@mantine/core'
import { createLink, useNavigate, useSearch } from '@tanstack/react-router'
import type { Ref } from 'react'

/** What the address of a screen may say after its `?`. Every filter of a screen is there, so that it can be shared. */
const names = [
  'id',
  'book',
  'operation',
  'from',
  'to',
  'key',
  'value',
  'after',
  'before',
  'at',
  'tab',
  'lot',
  'prefix',
  'order',
  'days',
  'kind',
  'owner',
  'amount',
  'hold',
  'apps',
] as const

export type Search = { readonly [Name in (typeof names)[number]]?: string | undefined }

/** Takes from a search what screens know. An owner whose name looks like a number stays a text. */
export function searchOf(given: Record<string, unknown>): Search {
  return Object.fromEntries(
    names.flatMap((name) =>
      typeof given[name] === 'string' && given[name] !== '' ? [[name, given[name]]] : [],
    ),
  )
}

export const parseSearch = (text: string): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(text))

export function stringifySearch(search: Record<string, unknown>): string {
  const given = Object.entries(searchOf(search)).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  )
  const text = new URLSearchParams(given).toString()
  return text && `?${text}`
}

/** Returns the filters in the address, and a function that changes some of them. A filter without a value is left out. */
export function useFilters(): readonly [Search, (changed: Search) => void] {
  const search: Search = useSearch({ strict: false })
  const navigate = useNavigate()
  const change = (changed: Search) =>
    void navigate({ to: '.', search: searchOf({ ...search, ...changed }), replace: true, resetScroll: false })
  return [search, change]
}

/** Leads to an account, by the book that it is in. An app without books has no word of them. */
export function accountSearch({ ownerId, book }: { ownerId: string; book?: string | undefined }): Search {
  return { id: ownerId, ...(book !== undefined && { book }) }
}

/** A page of a list, as its address says. Another filter begins at the first page again. */
export const firstPage: Search = { after: undefined, before: undefined }

function AnchorLink(props: AnchorProps & { readonly ref?: Ref<HTMLAnchorElement> }) {
  return <Anchor inherit {...props} />
}

/** A link to another screen. */
export const Go = createLink(AnchorLink)
