import type { Clock } from '../../clock.ts'
import { createFifo } from '../../fifo.ts'
import type { Message } from '../message.ts'

/** Why the group holds back: a dependency is down, or letters come in a flood. */
export type GateReason = 'outage' | 'flood'

/**
 * Lets everything through until something is down; then one probe at a time, and after success 2, 4 ... messages, until
 * it is open again (design page 3, "Failure classes"). Messages that met the outage wait here, first in first out.
 */
export interface Gate {
  /** How many messages may be under way at once: `Infinity` when open, 0 while it pauses. */
  readonly limit: number
  readonly reason: GateReason | undefined
  readonly waiting: number
  /** A message met the outage, or would add to the flood. Concurrent reports within one pause are one. */
  close(reason: GateReason, detail: string): void
  /** Waits for its turn. */
  park(message: Message): void
  /** The next parked message that is still worth trying. */
  next(): Message | undefined
  success(): void
  /** Whether a message waits here that is still worth trying. */
  hasParked(): boolean
  /** There is nothing to probe with: whatever comes next is the probe, and until then nobody is held back. */
  rest(): void
  /** Ends the pause; for shutdown. */
  cancel(): void
}

export interface GateOptions {
  readonly clock: Clock
  readonly random: () => number
  readonly pauses: Readonly<Record<GateReason, { readonly firstMs: number; readonly msMax: number }>>
  /** Fully open at this many. */
  readonly openAt: number
  readonly onClosed: (reason: GateReason, detail: string) => void
  readonly onOpened: () => void
  /** The limit has grown. */
  readonly onRoom: () => void
}

export const createGate = (options: GateOptions): Gate => {
  const parked = createFifo<Message>()
  let limit = Number.POSITIVE_INFINITY
  let reason: GateReason | undefined
  let pausing = false
  let failures = 0
  let cancelPause = (): void => undefined

  const pause = (): void => {
    const { firstMs, msMax } = options.pauses[reason ?? 'outage']
    const bound = Math.min(msMax, firstMs * 2 ** Math.min(failures++, 20))
    pausing = true
    limit = 0
    cancelPause = options.clock.after(Math.ceil(bound / 2 + (options.random() * bound) / 2), () => {
      pausing = false
      limit = 1
      options.onRoom()
    })
  }

  return {
    get limit() {
      return limit
    },
    get reason() {
      return reason
    },
    get waiting() {
      return parked.size
    },
    close(why, detail) {
      if (pausing) return
      const before = reason
      reason = why
      if (before !== why) {
        failures = 0
        options.onClosed(why, detail)
      }
      pause()
    },
    park: (message) => parked.push(message),
    cancel: () => cancelPause(),
    next() {
      for (let message = parked.shift(); message !== undefined; message = parked.shift()) {
        if (message.stage === 'waiting') return message
      }
      return undefined
    },
    hasParked() {
      while (parked.size > 0 && parked.peek()?.stage !== 'waiting') parked.shift()
      return parked.size > 0
    },
    rest() {
      if (reason === undefined) return
      reason = undefined
      options.onOpened()
    },
    success() {
      if (pausing || limit === Number.POSITIVE_INFINITY) return
      limit *= 2
      failures = 0
      if (limit >= options.openAt) {
        limit = Number.POSITIVE_INFINITY
        reason = undefined
        options.onOpened()
      }
      options.onRoom()
    },
  }
}
