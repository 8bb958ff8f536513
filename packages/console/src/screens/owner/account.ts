/** Which account a part of the screen shows. */
export interface Account {
  readonly ownerId: string
  readonly book?: never
}
