import { z } from 'zod'

/** Splits a text at commas. */
export const split = (given: string) => given.split(',').map((each) => each.trim())

/** A text that must pass the check. The error says what the variable must be. */
export const textThat = (isRight: (given: string) => boolean) =>
  z.string().superRefine((input, { addIssue }) => {
    if (!isRight(input)) addIssue({ code: 'invalid_format', format: 'text', input })
  })

/** A list that commas separate, after `whole` has checked the text. */
export const listOf = <Schema extends z.ZodType<unknown, string>>(
  item: Schema,
  whole: z.ZodType<string, string> = z.string(),
) => whole.transform(split).pipe(z.array(item))
