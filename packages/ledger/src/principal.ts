/** Who sends a request. */
export interface Principal {
  /** What logs call it, such as the name of a key: nothing that is secret. */
  readonly name: string
}
