import { z } from 'zod'
import type { ConsoleAddress } from './console.ts'

/** What `npm start` tells each app once all of them serve: the consoles of all. */
const consolesMessage = z.object({
  type: z.literal('consoles'),
  consoles: z.array(z.object({ app: z.string(), url: z.url({ protocol: /^https?$/ }) })),
})

/** Returns the consoles in a message of a parent process. Undefined for any other message. */
export function consolesIn(message: unknown): readonly ConsoleAddress[] | undefined {
  return consolesMessage.safeParse(message).data?.consoles
}
