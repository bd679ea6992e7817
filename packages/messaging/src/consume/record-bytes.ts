import type { TransportRecord } from '../transport.ts'

/** What a record in flight is taken to cost in memory. */
export const recordBytes = ({ key, value, headers }: TransportRecord): number =>
  (key?.length ?? 0) + (value?.length ?? 0) + headers.size + 64
