import { type TimestampMillis, timestampMillis } from '@interchange/contracts'
import { rejected } from '@interchange/messaging'
import { utcMillis } from './utc-millis.ts'

const dayMs = 86_400_000
const rememberedMax = 1_000
const localText = /^(\d{4})-(\d{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2})$/

/** Turns a wall-clock time, "2010-12-01 08:26:00", into an instant. */
export type LocalClock = (text: string) => TimestampMillis

/**
 * The wall clock of an IANA zone. An hour that happens twice is taken the first time; an hour that does not happen is
 * moved forward by the gap (RFC 5545 and Temporal's "compatible"). Throws class `poison` for other forms and dates that
 * do not exist.
 */
export const createLocalClock = (zone: string): LocalClock => {
  const offsetAt = zoneOffset(zone)
  const offsetAtMidnight = remembered(offsetAt)
  return (text) => {
    const wall = utcMillis(localText.exec(text)?.slice(1, 7) ?? [])
    if (wall === undefined)
      throw rejected(`no local time YYYY-MM-DD HH:MM:SS: "${text.slice(0, 40)}"`, { time: text.slice(0, 40) })
    const midnight = Math.floor(wall / dayMs) * dayMs
    const before = offsetAtMidnight(midnight - dayMs)
    const after = offsetAtMidnight(midnight + 2 * dayMs)
    // No zone changes its clocks twice in three days.
    if (before === after) return timestampMillis(wall - before)
    const real = [wall - before, wall - after].filter((instant) => instant + offsetAt(instant) === wall)
    return timestampMillis(real.length === 0 ? wall - before : Math.min(...real))
  }
}

/** Times of the retail export: the United Kingdom's wall clock. */
export const londonInstant: LocalClock = createLocalClock('Europe/London')

/** The runtime takes microseconds for an offset, and invoices that come together are of few days. */
function remembered(offsetAt: (instantMs: number) => number): (instantMs: number) => number {
  const offsets = new Map<number, number>()
  return (instantMs) => {
    const known = offsets.get(instantMs)
    if (known !== undefined) return known
    if (offsets.size >= rememberedMax) offsets.clear()
    const offset = offsetAt(instantMs)
    offsets.set(instantMs, offset)
    return offset
  }
}

/** Milliseconds that the zone's wall clock is ahead of UTC at an instant, by the ICU time zone data of the runtime. */
function zoneOffset(zone: string): (instantMs: number) => number {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
  const fields = ['year', 'month', 'day', 'hour', 'minute', 'second']
  return (instantMs) => {
    const parts = new Map<string, string>(format.formatToParts(instantMs).map(({ type, value }) => [type, value]))
    const wall = utcMillis(fields.map((field) => parts.get(field)))
    return (wall ?? instantMs) - instantMs
  }
}
