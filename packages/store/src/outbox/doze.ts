import type { Clock } from '@interchange/messaging'

/** Resolves after `ms`; rejects with the signal's reason when that aborts. */
export const sleepOn = (clock: Clock, ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const abort = (): void => {
      cancel()
      reject(signal.reason)
    }
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', abort)
      resolve()
    })
    signal.addEventListener('abort', abort, { once: true })
  })

/** A sleep that can be cut short; a `wake` while awake cuts the next one. */
export interface Doze {
  sleep(ms: number): Promise<void>
  readonly wake: () => void
}

/** Never sleeps once `signal` has aborted. */
export const createDoze = (clock: Clock, signal: AbortSignal): Doze => {
  let woken = false
  let end: (() => void) | undefined
  const wake = (): void => {
    woken = true
    end?.()
  }
  signal.addEventListener('abort', wake)
  return {
    wake,
    async sleep(ms) {
      if (!woken && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const cancel = clock.after(ms, resolve)
          end = () => {
            cancel()
            resolve()
          }
        })
        end = undefined
      }
      woken = false
    },
  }
}
