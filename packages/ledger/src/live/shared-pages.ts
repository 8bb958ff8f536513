/** A page that was asked for. */
export interface SharedPage<Page> {
  readonly page: Promise<Page>
  /** Whether it was read for this question: one that was read before may lack what has come since. */
  readonly isFresh: boolean
}

/**
 * Reads each page once for all who ask for it, now or a little later: the readers of one owner go along the same list.
 * What is kept stays true, since entries never change; at its end it may be out of date.
 *
 * @param isEmpty An empty page is not kept: whoever asks for it again asks for what came since.
 */
export function createSharedPages<Page>(
  read: (ownerId: string, position: number) => Promise<Page>,
  isEmpty: (page: Page) => boolean,
  maxKept = 32,
): (ownerId: string, position: number) => SharedPage<Page> {
  const pages = new Map<string, Promise<Page>>()

  return (ownerId, position) => {
    const key = `${position} ${ownerId}`
    const known = pages.get(key)
    if (known) return { page: known, isFresh: false }
    const page = read(ownerId, position)
    const forget = () => {
      if (pages.get(key) === page) pages.delete(key)
    }
    pages.set(key, page)
    page.then((read) => isEmpty(read) && forget(), forget)
    const [oldest] = pages.keys()
    if (pages.size > maxKept && oldest !== undefined) pages.delete(oldest)
    return { page, isFresh: true }
  }
}
