/** Milliseconds since the epoch of year, month, day, hour, minute and second as digits in UTC; undefined when no such time exists. */
export const utcMillis = (digits: readonly (string | undefined)[]): number | undefined => {
  const [year, month, day, hour, minute, second] = digits.map(Number)
  if (
    year === undefined ||
    month === undefined ||
    day === undefined ||
    hour === undefined ||
    minute === undefined ||
    second === undefined
  )
    return undefined
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second)
  const exists =
    date.getUTCFullYear() === year &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second
  return exists ? date.getTime() : undefined
}
