import type { Principal } from '@shared-ledger/ledger/facts'
import type { KeyStore } from '@shared-ledger/ledger/keys'
import { isLoopback } from '../hosts.ts'
import type { Identify } from '../identify.ts'
import { type Credentials, identifyBy, type Unfollow } from './credentials.ts'
import { createJwt } from './jwt.ts'
import { jwtOptionsOf } from './jwt-options.ts'
import { createKeys } from './keys.ts'
import type { AuthMode, AuthSettings } from './settings.ts'

/** How a server identifies callers. */
export interface Auth {
  readonly identify: Identify
  /** Called when a stream opens. The function that it returns is called when the stream ends. */
  readonly follow: (principal: Principal) => Unfollow
  close(): Promise<void>
}

interface AuthOptions {
  readonly app: string
  /** The address that the server listens on. */
  readonly host: string
  readonly settings: AuthSettings
  readonly keys: KeyStore
  readonly logger: { info(line: string): void; warn(line: string): void }
}

/**
 * Chooses how requests are identified. It runs once, when a server starts. Returns undefined when requests are not
 * authenticated.
 *
 * @throws Error when the settings contradict each other, or when the server would let everybody in from other machines
 *   without an explicit setting. The message says what to do.
 */
export async function chooseAuth(options: AuthOptions): Promise<Auth | undefined> {
  const { keys, settings } = options
  const jwt = jwtOptionsOf(settings)
  const modes = settings.LEDGER_AUTH ?? (await modesByItself(options, jwt !== undefined))
  if (modes.includes('none')) return open(options, settings.LEDGER_AUTH !== undefined)
  if (modes.includes('jwt') && !jwt) {
    throw new Error(
      'LEDGER_AUTH has jwt, and neither LEDGER_JWT_JWKS_URL nor LEDGER_JWT_SECRET is set, so tokens cannot be checked.',
    )
  }
  await sayWhatIsMissing(options, { modes, isJwtSet: jwt !== undefined })
  const kinds = [
    ...(modes.includes('keys') ? [createKeys(keys)] : []),
    ...(modes.includes('jwt') && jwt ? [createJwt(jwt)] : []),
  ]
  return authBy(kinds)
}

/** The default of LEDGER_AUTH. Revoked keys count as keys: revoking the last one must not open the server. */
async function modesByItself({ keys }: AuthOptions, isJwtSet: boolean): Promise<readonly AuthMode[]> {
  const wereKeysMade = await keys.wereMade()
  const modes: AuthMode[] = [
    ...(wereKeysMade ? (['keys'] as const) : []),
    ...(isJwtSet ? (['jwt'] as const) : []),
  ]
  return modes.length > 0 ? modes : ['none']
}

function open({ app, host, logger }: AuthOptions, wasTold: boolean): undefined {
  const close = `npx shared-ledger keys create ${app} --name ci --scopes read,post`
  if (isLoopback(host)) {
    if (!wasTold)
      logger.info(
        `Open to this machine: requests need no key. To require keys from the next start on: ${close}`,
      )
    return
  }
  if (!wasTold) {
    throw new Error(
      `HOST is ${host}, which lets other machines in, and no key of ${app} was ever made. Make one: ${close}. ` +
        'Or set LEDGER_AUTH=none to let in everybody who reaches the server.',
    )
  }
  logger.warn(`Open to everybody who reaches ${host}: LEDGER_AUTH is none.`)
}

async function sayWhatIsMissing(
  { app, keys, logger }: AuthOptions,
  { modes, isJwtSet }: { modes: readonly AuthMode[]; isJwtSet: boolean },
): Promise<void> {
  const asksForKeys = modes.includes('keys')
  if (asksForKeys && !modes.includes('jwt') && !(await keys.wereMade())) {
    logger.warn(
      `Every request is refused until a key of ${app} is made: npx shared-ledger keys create ${app} --name ci --scopes read,post`,
    )
  }
  if (isJwtSet && !modes.includes('jwt')) {
    logger.warn('LEDGER_JWT_* are set, and LEDGER_AUTH has no jwt: tokens are refused.')
  }
}

function authBy(kinds: readonly Credentials[]): Auth {
  return {
    identify: identifyBy(kinds),
    follow(principal) {
      const unfollow = kinds.map((kind) => kind.follow(principal))
      return () => {
        for (const each of unfollow) each()
      }
    },
    async close() {
      await Promise.all(kinds.map((kind) => kind.close()))
    },
  }
}
