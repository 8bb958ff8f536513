import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { shapes } from '@shared-ledger/rest'
import { contentTypes, createAsset } from './asset.ts'
import { type Endpoint, getEndpoint } from './endpoint.ts'
import { pageAnswer, scriptLiteral } from './html.ts'

const { resolve } = createRequire(import.meta.url)

/** Serves Swagger UI and ReDoc for /openapi.json, from the files of their npm packages. */
export function docsPages(app: string): Readonly<Record<string, Endpoint>> {
  const swagger = pageAnswer({
    title: `${app}: Swagger UI`,
    styles: ['/docs/swagger-ui.css'],
    scripts: ['/docs/swagger-ui-bundle.js', '/docs/start.js'],
    body: '<div id="swagger-ui"></div>',
  })
  const redoc = pageAnswer({
    title: `${app}: ReDoc`,
    scripts: ['/redoc/redoc.standalone.js', '/redoc/start.js'],
    body: '<div id="redoc"></div>',
  })
  return {
    '/docs': getEndpoint(async () => swagger),
    '/docs/swagger-ui.css': packageFile('css', 'swagger-ui-dist/swagger-ui.css'),
    '/docs/swagger-ui-bundle.js': packageFile('js', 'swagger-ui-dist/swagger-ui-bundle.js'),
    '/docs/start.js': script(swaggerStart),
    '/redoc': getEndpoint(async () => redoc),
    '/redoc/redoc.standalone.js': packageFile('js', 'redoc/bundles/redoc.standalone.js', withoutLogo),
    '/redoc/start.js': script(
      `Redoc.init('/openapi.json', { disableSearch: true }, document.getElementById('redoc'))`,
    ),
  }
}

/** A nonce is used once. A request that still has the example's nonce gets a fresh one each time it is tried. */
const swaggerStart = `const freshNonce = () => 'try-' + Date.now().toString(36) + '-' + Math.random().toString(36).slice(2)
SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
  requestInterceptor(request) {
    if (typeof request.body === 'string') {
      request.body = request.body.replaceAll(${scriptLiteral(shapes.exampleNonce)}, freshNonce)
    }
    return request
  },
})`

/** ReDoc loads a logo from its maker's host. Our pages load nothing from another host, so the logo is removed. */
function withoutLogo(bundle: string): string {
  return bundle.replaceAll('https://cdn.redoc.ly/redoc/logo-mini.svg', 'data:,')
}

function packageFile(
  type: keyof typeof contentTypes,
  path: string,
  change = (text: string) => text,
): Endpoint {
  return createAsset(contentTypes[type], async () => change(await readFile(resolve(path), 'utf8')))
}

function script(text: string): Endpoint {
  return createAsset(contentTypes.js, async () => `${text}\n`)
}
