import { contentTypes, createAsset } from './asset.ts'
import type { Endpoint } from './endpoint.ts'

/** The path of the stylesheet that every page has. */
export const stylesheetPath = '/style.css'

/** No page has a margin. The pages of our own text, each with one `main`, are readable on a phone and in dark mode. */
const text = `body { margin: 0 }

body > main {
  --ink: #1c1e21; --faint: #5c636b; --line: #dfe3e8; --link: #0b57b0;
  box-sizing: border-box; min-height: 100vh; max-width: 44rem; margin: 0 auto; padding: 1.5rem 1.25rem 3rem;
  color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere;
}
body:has(> main) { background: #fff }
main h1 { margin: 1rem 0 .5rem; font-size: 1.6rem; line-height: 1.25 }
main h2 { margin: 0; font-size: 1.05rem }
main p { margin: .4rem 0 }
main a { color: var(--link); text-underline-offset: .15em }
main nav, main .facts { color: var(--faint) }
main code { font: .92em ui-monospace, monospace }
main ul { margin: 1.25rem 0 0; padding: 0; list-style: none }
main li { padding: .8rem 0; border-top: 1px solid var(--line) }

@media (prefers-color-scheme: dark) {
  html:has(> body > main) { color-scheme: dark }
  body:has(> main) { background: #16181c }
  body > main { --ink: #e6e8eb; --faint: #9aa3ad; --line: #31363d; --link: #7cb4ff }
}
`

/** Serves the stylesheet. */
export function stylesheet(): Endpoint {
  return createAsset(contentTypes.css, async () => text)
}
