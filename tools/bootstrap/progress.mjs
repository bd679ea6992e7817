/** A step of the bootstrap that failed for a reason already told in its message. */
export class StepFailed extends Error {}

/**
 * Says something to the person at the terminal; standard output stays clean for data.
 * @param {string} text
 */
export const report = (text) => {
  process.stderr.write(`${text}\n`)
}

/**
 * Runs one named step and prints how long it took.
 * @template T
 * @param {string} label
 * @param {() => Promise<T>} run
 * @returns {Promise<T>}
 */
export const step = async (label, run) => {
  const startedAt = performance.now()
  const seconds = () => ((performance.now() - startedAt) / 1000).toFixed(1)
  process.stderr.write(`  ${label} … `)
  try {
    const result = await run()
    process.stderr.write(`${seconds()} s\n`)
    return result
  } catch (error) {
    process.stderr.write(`failed after ${seconds()} s\n`)
    throw error
  }
}
