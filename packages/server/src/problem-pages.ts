import { acceptedTypes, type ProblemTable, type ProblemType, problem, problemPath } from '@shared-ledger/rest'
import { type Answer, jsonAnswer, problemResponse } from './answer.ts'
import { type Endpoint, getEndpoint } from './endpoint.ts'
import { escapeHtml, pageAnswer } from './html.ts'

type Explained = ProblemType & { readonly code: string }

/** Serves the address in the `type` of a problem: what the code means, as JSON or as a page. */
export function problemPages(app: string, problems: ProblemTable): Readonly<Record<string, Endpoint>> {
  const codes = Object.entries(problems).map(([code, type]): Explained => ({ code, ...type }))
  const home = `<a href="/">${escapeHtml(app)}</a>`
  const list = explain({ problems: codes }, 'Problems', [
    `<nav>${home}</nav>`,
    '<h1>Problems</h1>',
    '<p>What the codes of errors mean.</p>',
    `<ul>${codes.map(listItem).join('')}</ul>`,
  ])
  const pages = codes.map((type) => {
    const body = [
      `<nav>${home} / <a href="/problems">Problems</a></nav>`,
      `<h1>${type.title}</h1>`,
      ...facts(type),
    ]
    return [problemPath(type.code), explain(type, type.title, body)] as const
  })
  return { '/problems': list, ...Object.fromEntries(pages) }
}

function listItem(type: Explained): string {
  return `<li><h2><a href="${problemPath(type.code)}">${type.title}</a></h2>${facts(type).join('')}</li>`
}

function facts({ code, status, meaning, retryAfterSeconds }: Explained): string[] {
  const seconds = retryAfterSeconds === 1 ? '1 second' : `${retryAfterSeconds} seconds`
  return [
    `<p class="facts"><code>${code}</code>, status ${status}</p>`,
    `<p>${escapeHtml(meaning).replace(/`([^`]+)`/g, '<code>$1</code>')}</p>`,
    ...(retryAfterSeconds === undefined ? [] : [`<p>The same request may succeed after ${seconds}.</p>`]),
  ]
}

/** Serves an explanation as JSON or as a page. The Accept header decides, and JSON is the default. */
function explain(json: unknown, title: string, body: readonly string[]): Endpoint {
  const page = pageAnswer({ title, body: `<main>${body.join('')}</main>` })
  const headers = { 'content-type': 'application/json' }
  const data = jsonAnswer({ status: 200, headers, body: json, outcome: 'ok' })
  const answers: Readonly<Record<string, Answer>> = { 'application/json': data, 'text/html': page }
  return getEndpoint(async (request) => {
    const [type = ''] = acceptedTypes(request.header('accept'), Object.keys(answers))
    const answer = answers[type] ?? problemResponse(problem('NOT_ACCEPTABLE'))
    return { ...answer, headers: { ...answer.headers, vary: 'accept' } }
  })
}
