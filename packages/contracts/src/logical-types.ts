declare const brand: unique symbol

/** An instant in milliseconds since the epoch; Avro `timestamp-millis`. */
export type TimestampMillis = number & { readonly [brand]: 'TimestampMillis' }

/** Days since the epoch; Avro `date`. */
export type DateDays = number & { readonly [brand]: 'DateDays' }

/** A UUID in its canonical text form; Avro `uuid`. */
export type Uuid = string & { readonly [brand]: 'Uuid' }

/** The furthest instant a JavaScript Date can hold, in milliseconds. */
const instantMillisMax = 8.64e15

/** Takes a number of milliseconds as an instant. Throws RangeError when no Date can hold it. */
export const timestampMillis = (ms: number): TimestampMillis => {
  if (!Number.isInteger(ms) || Math.abs(ms) > instantMillisMax) throw new RangeError(`not an instant: ${ms} ms`)
  return ms as TimestampMillis
}
