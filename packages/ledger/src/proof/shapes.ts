import { z } from 'zod'

/** 32 bytes in hexadecimal. */
export const hash = z.string().regex(/^[0-9a-f]{64}$/)

/** A moment: ISO 8601 in milliseconds, UTC. */
export const moment = z.string().refine((text) => {
  const date = new Date(text)
  return !Number.isNaN(date.getTime()) && date.toISOString() === text
})

/** The fields of a checkpoint's last line. A proof has them too. */
export const rootShape = {
  accounts: z.int().min(0),
  root: hash,
  key: hash,
  signature: z.base64(),
}
