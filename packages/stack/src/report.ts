/** Says what a long start is doing, one line a fact. */
export interface Report {
  line(text: string): void
  /** Runs a step and says how long it took. */
  step<T>(label: string, run: () => Promise<T>): Promise<T>
}

/** A report that writes lines with `write`, which adds the line break. */
export const createReport = (write: (line: string) => void): Report => ({
  line: write,
  step: async (label, run) => {
    const startedAt = performance.now()
    const seconds = (): string => ((performance.now() - startedAt) / 1000).toFixed(1)
    try {
      const result = await run()
      write(`  ${label} … ${seconds()} s`)
      return result
    } catch (error) {
      write(`  ${label} … failed after ${seconds()} s`)
      throw error
    }
  },
})
