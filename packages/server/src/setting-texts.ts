import { z } from 'zod'

/** The items of a list that commas separate. */
export const split = (given: string) => given.split(',').map((each) => each.trim())

/** A text of which the check is true; of another one it is said what the variable must be. */
export const textThat = (isRight: (given: string) => boolean) =>
  z.string().superRefine((input, { addIssue }) => {
    if (!isRight(input)) addIssue({ code: 'invalid_format', format: 'text', input })
  })

/** A list that commas separate, whose text `whole` has judged. */
export const listOf = <Schema extends z.ZodType<unknown, string>>(
  item: Schema,
  whole: z.ZodType<string, string> = z.string(),
) => whole.transform(split).pipe(z.array(item))
