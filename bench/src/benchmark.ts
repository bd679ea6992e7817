/** A benchmark: says what it does, answers with its figures. Rejects when `signal` aborts, with everything it started ended. */
export type Benchmark = (options: BenchmarkOptions) => Promise<BenchmarkResult>

export interface BenchmarkOptions {
  /** A retail file instead of the default one. */
  readonly data: string | undefined
  /** How long to keep the system under load, in minutes, for the memory figures. */
  readonly minutes: number
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

export interface BenchmarkResult {
  readonly figures: Readonly<Record<string, unknown>>
  /** Everything the figures were computed from, for the results file. */
  readonly raw: Readonly<Record<string, unknown>>
}
