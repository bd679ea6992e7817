import { setTimeout as pause } from 'node:timers/promises'

export interface WaitOptions {
  /** Longest wait, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number
  /** Time between two looks, in milliseconds. Default 25. */
  readonly everyMs?: number
  /** What is waited for, for the error. */
  readonly what?: string
}

/**
 * Looks until `look` answers with something other than false, null or undefined, and answers with that. A `look` that throws has not
 * seen it yet. Rejects at the deadline, with the last thing seen or thrown.
 */
export const waitFor = async <Seen>(
  look: () => Seen | Promise<Seen>,
  { timeoutMs = 10_000, everyMs = 25, what = 'the awaited state' }: WaitOptions = {},
): Promise<Exclude<Seen, false | null | undefined>> => {
  const untilMs = performance.now() + timeoutMs
  let last: unknown
  for (;;) {
    try {
      const seen = await look()
      if (isThere(seen)) return seen
      last = seen
    } catch (error) {
      last = error
    }
    if (performance.now() >= untilMs) {
      throw new Error(`${what} did not come within ${timeoutMs} ms; last: ${String(last)}`, {
        cause: last,
      })
    }
    await pause(everyMs)
  }
}

const isThere = <Seen>(seen: Seen): seen is Exclude<Seen, false | null | undefined> =>
  seen !== false && seen !== null && seen !== undefined
