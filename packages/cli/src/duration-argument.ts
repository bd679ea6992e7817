import { InvalidArgumentError } from 'commander'

const unitsMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Reads `90s`, `15m`, `2h`, `7d` as milliseconds back from now, or an ISO instant, to milliseconds since the epoch. */
export const sinceArgument = (text: string): number => {
  const ago = /^(\d+)([smhd])$/.exec(text)
  if (ago !== null) return Date.now() - Number(ago[1]) * (unitsMs[ago[2] ?? ''] ?? 0)
  const instant = Date.parse(text)
  if (Number.isNaN(instant))
    throw new InvalidArgumentError('Give an age such as 15m, 2h, 7d, or an instant such as 2026-11-23T04:30:00Z.')
  return instant
}

/** Reads a whole number from 1 to `max`. */
export const countArgument =
  (max: number) =>
  (text: string): number => {
    const count = Number(text)
    if (!Number.isInteger(count) || count < 1 || count > max)
      throw new InvalidArgumentError(`Give a whole number from 1 to ${max}.`)
    return count
  }
