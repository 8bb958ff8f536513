import type { Page } from './html.ts'

/** The paths of the script and the styles of the field for the key. */
export const keyFiles = { script: '/graphql/key.js', style: '/graphql/key.css' }

/** Adds a field for the API key to a page of GraphiQL. The page sends that key with its requests. */
export function withKeyField(page: Page): Page {
  const { styles = [], scripts = [], body } = page
  return {
    ...page,
    styles: [...styles, keyFiles.style],
    scripts: [keyFiles.script, ...scripts],
    body: `<div id="access"><label for="key">Key or token</label><input id="key" type="password" autocomplete="off" spellcheck="false" placeholder="slk_…"><span>kept for this tab alone</span></div>${body}`,
  }
}

export const keyStyle = `#access {
  display: flex; gap: .6rem; align-items: center; box-sizing: border-box; height: 2.75rem; padding: 0 .75rem;
  color-scheme: light dark; background: Canvas; color: CanvasText; font: .875rem system-ui, sans-serif;
}
#access input { flex: 0 1 32rem; padding: .3rem .5rem; font: inherit }
#access + #root .graphiql-container { height: calc(100vh - 2.75rem) }
`

/**
 * GraphiQL sends everything by `fetch`: queries, introspection, subscriptions. A header that the user wrote into the
 * editor stays. When the key changes, GraphiQL runs its introspection again.
 */
export const keyScript = `const keyField = document.getElementById('key')
const kept = 'shared-ledger:key'
keyField.value = sessionStorage.getItem(kept) ?? ''
keyField.addEventListener('change', () => {
  const key = keyField.value.trim()
  if (key) sessionStorage.setItem(kept, key)
  else sessionStorage.removeItem(kept)
  const again = document.querySelector('button[aria-label^="Re-fetch GraphQL schema"]')
  if (again) again.click()
  else location.reload()
})
const send = globalThis.fetch
globalThis.fetch = (input, init) => {
  const request = new Request(input, init)
  const key = sessionStorage.getItem(kept)
  const isOurs = new URL(request.url).origin === location.origin
  if (key && isOurs && !request.headers.has('authorization')) request.headers.set('authorization', 'Bearer ' + key)
  return send(request)
}
`
