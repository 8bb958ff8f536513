/** The options of every command that writes. */
export const writeOptions = {
  nonce: {
    type: 'string',
    value: 'NONCE',
    about: 'the nonce of an earlier run: what it posted is not posted twice',
  },
  metadata: {
    type: 'string',
    multiple: true,
    value: 'KEY=VALUE',
    about: 'stored with the posting; may be given several times',
  },
  'dry-run': { type: 'boolean', default: false, about: 'says what it would come to, and writes nothing' },
  yes: { type: 'boolean', short: 'y', default: false, about: 'does not ask before it writes' },
} as const

/** What a command that writes was given. */
export interface WriteOptions {
  readonly nonce?: string | undefined
  readonly metadata?: readonly string[] | undefined
  readonly 'dry-run': boolean
  readonly yes: boolean
}
