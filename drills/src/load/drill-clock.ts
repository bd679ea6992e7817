import type { Clock } from '@interchange/messaging'

export interface DrillClockOptions {
  /** How many times as fast as the machine's clock time goes from now on. */
  readonly factor?: number | undefined
  /** How far ahead of the machine's clock it is; less than 0: behind. */
  readonly aheadMs?: number | undefined
}

/** The machine's clock as this process would see it if it were set wrongly, or if time went faster. */
export const createDrillClock = ({ factor = 1, aheadMs = 0 }: DrillClockOptions): Clock => {
  const originMs = Date.now()
  return {
    now: () => originMs + aheadMs + (Date.now() - originMs) * factor,
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs / factor)
      return () => clearTimeout(timer)
    },
  }
}
