import type { Clock } from '@interchange/messaging'

/** The machine's clock as this process would see it if time went `factor` times as fast from now on. */
export const createFastClock = (factor: number): Clock => {
  const originMs = Date.now()
  return {
    now: () => originMs + (Date.now() - originMs) * factor,
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs / factor)
      return () => clearTimeout(timer)
    },
  }
}
