import { type TimestampMillis, timestampMillis } from '@interchange/contracts'
import { rejected } from '@interchange/messaging'
import { utcMillis } from './utc-millis.ts'

const isoText = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:Z|([+-])(0\d|1[0-8]):([0-5]\d))$/

/**
 * An ISO 8601 date and time with an offset as an instant; digits below a millisecond are cut off. Throws class `poison`
 * for a time without an offset, another form, or a date that does not exist.
 */
export const isoInstant = (text: string): TimestampMillis => {
  const match = isoText.exec(text)
  const wall = utcMillis(match?.slice(1, 7) ?? [])
  if (match === null || wall === undefined)
    throw rejected(`no ISO 8601 time with an offset: "${text.slice(0, 40)}"`, { time: text.slice(0, 40) })
  const [fraction, sign, hours, minutes] = match.slice(7)
  const millis = Number((fraction ?? '').padEnd(3, '0').slice(0, 3))
  const offsetMs = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000
  return timestampMillis(wall + millis - (sign === '-' ? -offsetMs : offsetMs))
}
