import type { Answer } from './answer.ts'
import { contentTypes } from './asset.ts'
import { stylesheetPath } from './stylesheet.ts'

/** Everything comes from this server; nothing is evaluated; no other page may frame this one. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  'worker-src blob:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** What a page is made of. */
export interface Page {
  readonly title: string
  /** Beside the one that every page has. */
  readonly styles?: readonly string[]
  readonly scripts?: readonly string[]
  readonly body: string
}

/** A page as it is answered. */
export function pageAnswer({ title, styles = [], scripts = [], body }: Page): Answer {
  const lines = [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeHtml(title)}</title>`,
    '<link rel="icon" href="data:,">',
    ...[stylesheetPath, ...styles].map((href) => `<link rel="stylesheet" href="${href}">`),
    '</head>',
    `<body>${body}`,
    ...scripts.map((src) => `<script src="${src}"></script>`),
    '</body>',
    '</html>',
    '',
  ]
  return {
    status: 200,
    headers: {
      'content-type': contentTypes.html,
      'content-security-policy': contentSecurityPolicy,
      'referrer-policy': 'no-referrer',
    },
    body: lines.join('\n'),
    outcome: 'ok',
  }
}

/** Text as HTML shows it. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** A value as a literal of JavaScript. */
export function scriptLiteral(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c')
}
