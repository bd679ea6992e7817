/** Milliseconds since the epoch of year, month, day, hour, minute and second as digits in UTC; undefined when no such time exists. */
export const utcMillis = (digits: readonly (string | undefined)[]): number | undefined => {
  const [year, month, day, hour, minute, second] = digits
  const text = `${year}-${month}-${day}T${hour}:${minute}:${second}`
  const date = new Date(`${text}Z`)
  // A Date rolls 30 February over into March.
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text) ? date.getTime() : undefined
}
