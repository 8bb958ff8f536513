// `npm run test:keys` runs this before each test file. Its servers require keys, so every request to this machine
// carries one, unless it brings its own.
import http from 'node:http'
import { syncBuiltinESMExports } from 'node:module'
import { suiteKey } from '../packages/postgres/src/testing/suite-key.ts'

const authorization = `Bearer ${suiteKey}`
const isHere = (hostname: string) => /^(?:localhost|127\..*|\[::1\])$/.test(hostname)

const sendByFetch = globalThis.fetch
globalThis.fetch = (input, init) => {
  const request = input instanceof Request ? input : undefined
  const headers = new Headers(init?.headers ?? request?.headers)
  const { hostname } = new URL(request?.url ?? String(input))
  if (isHere(hostname) && !headers.has('authorization')) headers.set('authorization', authorization)
  return sendByFetch(input, { ...init, headers })
}

http.request = new Proxy(http.request, {
  apply(request, self, args) {
    const sent: http.ClientRequest = Reflect.apply(request, self, args)
    if (isHere(sent.host) && !sent.hasHeader('authorization')) sent.setHeader('authorization', authorization)
    return sent
  },
})
syncBuiltinESMExports()
