import { connect } from 'node:net'

/** An answer as a document shows it. */
export interface Answer {
  readonly status: string
  readonly headers: Headers
  readonly body: string
}

/**
 * Runs a document's curl command, or raw bytes sent with nc. It knows the options that the documents use.
 *
 * @param at Returns the address to use for a documented one, such as `localhost:4001`.
 */
export async function runRequest(command: string, at: (address: string) => string): Promise<Answer> {
  const raw = /^printf '(.*)' \| nc localhost (\d+)$/.exec(command)
  if (raw) return sendBytes(unescapeBytes(raw[1] ?? ''), at(`localhost:${raw[2]}`))

  const response = await sendCurl(command, at)
  return {
    status: `${response.status} ${response.statusText}`,
    headers: response.headers,
    body: await response.text(),
  }
}

/** Sends a document's curl command. The answer's body may still be on its way. */
export function sendCurl(command: string, at: (address: string) => string): Promise<Response> {
  const [, zeros, rest] =
    /^(?:head -c (\d+) \/dev\/zero \| )?curl (.*)$/s.exec(command.replaceAll('\\\n', ' ')) ?? []
  if (rest === undefined) throw new Error(`Not a curl command: ${command}`)
  const { url, method, headers, data } = parseOptions(words(rest))
  const body = data === '@-' ? new Uint8Array(Number(zeros)) : data
  const [, address = '', target] = /^(?:http:\/\/)?([^/]+)(\/.*)$/.exec(url) ?? []
  return fetch(`${at(address)}${target}`, { method, headers, ...(body !== undefined && { body }) })
}

function parseOptions(args: readonly string[]) {
  const rest = [...args]
  const headers = new Headers()
  let url = ''
  let method: string | undefined
  let data: string | undefined
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '-N') continue
    if (arg === '-X') method = rest.shift()
    else if (arg === '-d' || arg === '--data-binary') data = rest.shift()
    else if (arg === '-H') {
      const [name = '', value = ''] = rest.shift()?.split(/: ?(.*)/) ?? []
      headers.set(name, value)
    } else if (arg.startsWith('-')) throw new Error(`curl ${arg} is not known here`)
    else url = arg
  }
  if (data !== undefined && !headers.has('content-type')) {
    headers.set('content-type', 'application/x-www-form-urlencoded')
  }
  return { url, method: method ?? (data === undefined ? 'GET' : 'POST'), headers, data }
}

/** Splits a command line into words: bare, or in single or double quotes. */
function words(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  )
}

function unescapeBytes(text: string): string {
  return text.replaceAll('\\r', '\r').replaceAll('\\n', '\n')
}

function sendBytes(bytes: string, url: string): Promise<Answer> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    let received = ''
    const socket = connect(Number(port), hostname, () => socket.write(bytes))
    socket.setEncoding('utf8')
    socket.on('data', (chunk) => {
      received += chunk
    })
    socket.on('error', reject)
    socket.on('close', () => {
      const [head = '', body = ''] = received.split('\r\n\r\n')
      const [status = '', ...lines] = head.split('\r\n')
      const headers = new Headers(
        lines.map((line): [string, string] => [line.split(': ')[0] ?? '', line.split(': ')[1] ?? '']),
      )
      resolve({ status: status.replace('HTTP/1.1 ', ''), headers, body })
    })
  })
}
