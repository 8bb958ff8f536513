/**
 * Forbids a browser to load, send or frame anything, whatever it takes an answer for. `allowed` lists what a page may
 * load.
 */
const policyOf = (allowed: readonly string[] = []) =>
  ["default-src 'none'", ...allowed, "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"].join(
    '; ',
  )

/**
 * The security headers of every answer: data, problems, streams, files, pages, and what is written to a socket without
 * a request. An answer's own headers override these. HSTS is the job of the proxy, which has the certificate.
 */
export const securityHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': policyOf(),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY', // for browsers that do not know frame-ancestors
}

/** The headers of a page: everything comes from this server, nothing is evaluated, and no device is used. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': policyOf([
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    'worker-src blob:',
  ]),
  'permissions-policy': [
    'accelerometer',
    'camera',
    'display-capture',
    'geolocation',
    'gyroscope',
    'hid',
    'magnetometer',
    'microphone',
    'midi',
    'payment',
    'serial',
    'usb',
  ]
    .map((feature) => `${feature}=()`)
    .join(', '),
}
