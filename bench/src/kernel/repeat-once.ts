/** A run that did not end as it should, or whose proof failed. */
export interface FailedRun {
  readonly what: string
  readonly error: string
}

/**
 * Runs `work` once more when it failed the first time, unless `signal` has aborted: a quarter of an hour of rounds should not be lost to one
 * refused connection. Both failures go to `failures`, which are published with the results.
 */
export const repeatOnce = async <Result>(
  what: string,
  work: () => Promise<Result>,
  { failures, signal }: { readonly failures: FailedRun[]; readonly signal: AbortSignal },
): Promise<Result> => {
  const noted = async (): Promise<Result> => {
    try {
      return await work()
    } catch (error) {
      if (!signal.aborted) failures.push({ what, error: error instanceof Error ? error.message : String(error) })
      throw error
    }
  }
  try {
    return await noted()
  } catch (error) {
    if (signal.aborted) throw error
    return await noted()
  }
}
