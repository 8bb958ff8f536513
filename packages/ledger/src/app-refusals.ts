/** The facts about an error that an app defines for one of its own rules. */
export interface RefusalFacts {
  /** The name of its class and of its type in the graph, such as ContentNotFoundError. */
  readonly name: string
  /** A stable code for programs, such as CONTENT_NOT_FOUND. */
  readonly code: string
  /** The HTTP status of REST's answer. */
  readonly status: number
  /** A short summary, the same each time. */
  readonly title: string
  readonly meaning: string
}

/** An error of one of an app's own rules. */
export interface AppRefusal<Code extends string = string> extends Error {
  readonly code: Code
}

/** The class of such an error. */
export interface RefusalClass<Code extends string = string, Args extends readonly unknown[] = never[]> {
  new (...args: Args): AppRefusal<Code>
  readonly facts: RefusalFacts
}

/**
 * Defines an app's own error in one place: the class that the app throws, named after the code; its type in the graph,
 * which `addLedger` adds; and the problem that REST answers with.
 *
 * @example
 * ```ts
 * const RoundNotFoundError = defineRefusal('ROUND_NOT_FOUND', {
 *   status: 404,
 *   meaning: 'No round has this id. Nothing was posted.',
 *   message: (id: string) => `There is no round ${id}.`,
 * })
 * throw new RoundNotFoundError('7')
 * ```
 */
export function defineRefusal<const Code extends Uppercase<string>, Args extends readonly unknown[]>(
  code: Code,
  {
    status,
    meaning,
    message,
  }: Pick<RefusalFacts, 'status' | 'meaning'> & { readonly message: (...args: Args) => string },
): RefusalClass<Code, Args> {
  const words = code.toLowerCase().split('_')
  const name = `${words.map(capitalised).join('')}Error`
  return class extends Error implements AppRefusal<Code> {
    static readonly facts = { name, code, status, title: capitalised(words.join(' ')), meaning }
    override readonly name = name
    readonly code = code

    constructor(...args: Args) {
      super(message(...args))
    }
  }
}

function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
