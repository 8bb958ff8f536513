/** A page that a reader asked for. */
interface SharedPage<Page> {
  readonly page: Promise<Page>
  /** Whether this call read the page. A page from the cache may lack newer entries. */
  readonly isFresh: boolean
}

/**
 * Reads each page once for all readers that ask for it at about the same time. The readers of one list go
 * through the same pages. Entries never change, so a cached page stays true, but newer entries may be missing at its end.
 *
 * @param isEmpty Says which pages are not cached. The next reader of an empty page asks for what came since.
 */
export function createSharedPages<Page>(
  read: (key: string, position: number, end: number) => Promise<Page>,
  isEmpty: (page: Page) => boolean,
  maxKept = 32,
): (key: string, position: number, end: number) => SharedPage<Page> {
  const pages = new Map<string, Promise<Page>>()

  return (list, position, end) => {
    const key = `${position} ${list}`
    const known = pages.get(key)
    if (known) return { page: known, isFresh: false }
    const page = read(list, position, end)
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
