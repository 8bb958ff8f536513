import type * as generated from './generated/documents.ts'

/** What the console asks its server first. */
export interface Session {
  readonly app: string
  readonly caller: Caller
  /** The consoles of the apps that run together, this one included. */
  readonly consoles: readonly { readonly app: string; readonly url: string }[]
  /** The documents that this app's graph takes. One for a part that the app does not have is missing. */
  readonly documents: Readonly<Partial<Record<DocumentName, string>>>
}

export type Scope = 'read' | 'post' | 'correct' | 'admin'

export type Caller =
  | { readonly name: string; readonly scopes: readonly Scope[] }
  | { readonly name: string; readonly owner: string }

type Generated = typeof generated

/** The names of the console's operations, such as `Balance`. */
export type DocumentName = {
  [Key in keyof Generated]: Key extends `${string}FragmentDoc`
    ? never
    : Key extends `${infer Name}Document`
      ? Name
      : never
}[keyof Generated]

/** The typed document of an operation. */
export type DocumentOf<Name extends DocumentName> = Generated[`${Name}Document` & keyof Generated]

/** A refusal of the server, with its code. */
export class Refused extends Error {
  readonly code: string
  /** Whether the same request may still succeed, or may already have succeeded. */
  readonly isOpen: boolean
  constructor({ code, message, isOpen = false }: { code: string; message: string; isOpen?: boolean }) {
    super(message)
    this.code = code
    this.isOpen = isOpen
  }
}

/** Under this name GraphiQL keeps the key too: for this tab alone. */
const keptKey = 'shared-ledger:key'

export const readKey = (): string => sessionStorage.getItem(keptKey) ?? ''

/** Keeps the key for this tab. An empty one is forgotten. */
export function keepKey(key: string): void {
  if (key === '') sessionStorage.removeItem(keptKey)
  else sessionStorage.setItem(keptKey, key)
}

export function authorization(): Record<string, string> {
  const key = readKey()
  return key === '' ? {} : { authorization: `Bearer ${key}` }
}

/** Asks who this is, and what the app's graph has. @throws Refused, or TypeError when the server cannot be reached */
export async function openSession(): Promise<Session> {
  const response = await fetch('/console/session', { headers: authorization() })
  const body = await response.json()
  if (!response.ok) throw new Refused({ code: body.code, message: body.detail ?? body.title })
  return body
}

/** Whether the caller is a service that has all of these scopes. */
export function may({ caller }: Session, ...scopes: readonly Scope[]): boolean {
  return 'scopes' in caller && scopes.every((scope) => caller.scopes.includes(scope))
}
