/** A sleep that can be cut short; a `wake` while awake cuts the next one. */
export interface Doze {
  sleep(ms: number): Promise<void>
  readonly wake: () => void
}

/** Never sleeps once `signal` has aborted. */
export const createDoze = (signal: AbortSignal): Doze => {
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
          const timer = setTimeout(resolve, ms)
          end = () => {
            clearTimeout(timer)
            resolve()
          }
        })
        end = undefined
      }
      woken = false
    },
  }
}
