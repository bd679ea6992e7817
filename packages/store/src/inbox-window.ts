import { InterchangeError } from '@interchange/messaging'

/** Something a message can come again from, and how long it keeps messages; -1 for ever. */
export interface Retention {
  readonly what: string
  readonly ms: number
}

/**
 * Refuses, at start, an inbox that would forget an id while its message can still come again: the window must be at least the
 * longest retention of source, replay lane and waiting. A window of -1 forgets nothing; a retention of -1 asks for exactly
 * that. Throws `ICX_CONFIG_INVALID`, class `fatal`, with what keeps messages longest and `remedy`.
 */
export const checkInboxWindow = ({
  windowMs,
  retentions,
  remedy = 'lengthen the window or shorten the retention',
}: {
  readonly windowMs: number
  readonly retentions: readonly Retention[]
  readonly remedy?: string
}): void => {
  requireDuration('the inbox window', windowMs)
  for (const { what, ms } of retentions) requireDuration(`the retention of ${what}`, ms)
  const longest = retentions.toSorted((left, right) => length(right.ms) - length(left.ms))[0]
  if (longest === undefined || length(longest.ms) <= length(windowMs)) return
  const { what, ms } = longest
  throw new InterchangeError(
    'ICX_CONFIG_INVALID',
    `The inbox forgets ids after ${days(windowMs)}, but ${what} keeps messages ${ms === -1 ? 'for ever' : `up to ${days(ms)}`}: what comes again in between would take effect twice; ${remedy}.`,
    { class: 'fatal', facts: { what, retentionMs: ms, windowMs } },
  )
}

const length = (ms: number): number => (ms === -1 ? Number.MAX_VALUE : ms)

const requireDuration = (what: string, ms: number): void => {
  if (ms === -1 || (Number.isFinite(ms) && ms > 0)) return
  throw new InterchangeError('ICX_CONFIG_INVALID', `${what} is ${ms} ms; it is a positive number, or -1 for ever`, {
    class: 'fatal',
  })
}

const days = (ms: number): string => `${Math.round((ms / 86_400_000) * 100) / 100} days`
