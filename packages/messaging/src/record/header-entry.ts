/** One header as it is on the wire; names are not unique and values may be null. */
export interface HeaderEntry {
  readonly name: string
  readonly value: string | Uint8Array | null
}
