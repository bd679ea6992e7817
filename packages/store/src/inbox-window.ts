import { InterchangeError } from '@interchange/messaging'

/** Something a message can come again from, and how long it keeps messages; -1 for ever. */
export interface Retention {
  readonly what: string
  readonly ms: number
}

/**
 * Refuses, at start, an inbox that would forget an id while its message can still come again: the window must be at least the
 * longest retention of source, replay lane and waiting. A window of -1 forgets nothing; a retention of -1 asks for exactly
 * that. Throws `ICX_CONFIG_INVALID`, class `fatal`.
 */
export const checkInboxWindow = ({
  windowMs,
  retentions,
}: {
  readonly windowMs: number
  readonly retentions: readonly Retention[]
}): void => {
  requireDuration('the inbox window', windowMs)
  for (const { what, ms } of retentions) {
    requireDuration(`the retention of ${what}`, ms)
    if (windowMs === -1 || (ms !== -1 && ms <= windowMs)) continue
    throw new InterchangeError(
      'ICX_CONFIG_INVALID',
      `the inbox forgets ids after ${days(windowMs)}, but ${what} keeps messages ${ms === -1 ? 'for ever' : days(ms)}: what comes again in between would take effect twice`,
      { class: 'fatal', facts: { what, retentionMs: ms, windowMs } },
    )
  }
}

const requireDuration = (what: string, ms: number): void => {
  if (ms === -1 || (Number.isFinite(ms) && ms > 0)) return
  throw new InterchangeError('ICX_CONFIG_INVALID', `${what} is ${ms} ms; it is a positive number, or -1 for ever`, {
    class: 'fatal',
  })
}

const days = (ms: number): string => `${Math.round((ms / 86_400_000) * 100) / 100} days`
