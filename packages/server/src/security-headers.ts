/** Nothing is loaded, sent or framed, whatever a browser takes an answer for. `allowed`: what a page loads all the same. */
const policyOf = (allowed: readonly string[] = []) =>
  ["default-src 'none'", ...allowed, "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"].join(
    '; ',
  )

/**
 * What every answer has, of whichever kind: data, problems, streams, files, pages, and what is written to a socket whose
 * request was none. An answer's own headers come before these. HSTS is the proxy's, which has the certificate.
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

/** A page's own: everything comes from this server, nothing is evaluated, and no device is asked for. */
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
