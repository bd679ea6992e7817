import { catalogue } from './catalogue.ts'
import { drilledCommit } from './kept-results.ts'
import { ownInArena } from './own/own-in-arena.ts'
import { ownTable } from './own/own-table.ts'
import { createProgress } from './progress.ts'
import { type HowToRun, type Order, readOrder, usage } from './read-options.ts'
import { writeReadme } from './report/readme-table.ts'
import { resultTable } from './report/result-table.ts'
import { writeReport } from './report/write-report.ts'
import { runAll } from './run-all.ts'
import type { ScenarioResult } from './run-scenario.ts'
import { soakInArena } from './soak/soak-in-arena.ts'
import { summaryOf } from './summary.ts'

const exitCodes = { passed: 0, failed: 1, wrongUsage: 2, interrupted: 130 } as const

const progress = createProgress(process.stderr)
const { say } = progress

const carryOut = async (order: Order): Promise<number> => {
  switch (order.do) {
    case 'help':
      process.stdout.write(usage)
      return exitCodes.passed
    case 'complain':
      process.stderr.write(`${order.about}\n\n${usage}`)
      return exitCodes.wrongUsage
    case 'list':
      process.stdout.write(catalogue.map(({ name, title, says }) => `${name} ${title}\n  ${says}\n`).join(''))
      return exitCodes.passed
    case 'readme':
      await writeReadme()
      return exitCodes.passed
    case 'scenarios':
      return await run(order, (signal, onResult) => runAll({ ...order, signal, progress, onResult }))
    case 'soak':
      return await run(order, (signal, onResult) => soakInArena({ ...order, signal, progress, onResult }))
    case 'own':
      return await runOwn(order)
  }
}

/** Runs drills to their table, report and exit code. */
const run = async (
  { seed, json, htmlFile }: HowToRun,
  drills: (signal: AbortSignal, onResult: (result: ScenarioResult) => void) => Promise<void>,
): Promise<number> => {
  const signal = interruption()
  const commit = drilledCommit()
  const results: ScenarioResult[] = []
  await drills(signal, (result) => results.push(result)).catch((error: unknown) => {
    if (!signal.aborted) throw error
    if (error !== signal.reason) say(error instanceof Error ? (error.stack ?? error.message) : String(error))
    say('Interrupted; everything that was started has ended. The verdict so far:')
  })
  if (results.some(({ size }) => size === 'full')) await writeReadme()
  const facts = { at: new Date().toISOString(), commit, seed }
  const report = results.length === 0 ? null : await writeReport(results, facts, htmlFile)
  if (json) process.stdout.write(`${JSON.stringify({ ...summaryOf(results), seed, report })}\n`)
  else if (report !== null) process.stdout.write(`\n${resultTable(results)}\n\nseed ${seed}, report ${report}\n`)
  if (signal.aborted) return exitCodes.interrupted
  return results.every(({ passed }) => passed) ? exitCodes.passed : exitCodes.failed
}

const runOwn = async ({ file, seed, json }: Extract<Order, { do: 'own' }>): Promise<number> => {
  const signal = interruption()
  try {
    const result = await ownInArena(file, { seed, signal, progress })
    process.stdout.write(json ? `${JSON.stringify(result)}\n` : `\n${ownTable(result)}\n\nseed ${seed}\n`)
    return result.passed ? exitCodes.passed : exitCodes.failed
  } catch (error) {
    if (signal.aborted) {
      say('Interrupted; everything that was started has ended.')
      return exitCodes.interrupted
    }
    if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error
    process.stderr.write(`${file}: ${error.message}\n`)
    return exitCodes.wrongUsage
  }
}

/** Aborts at the first Ctrl-C; the second one ends the process at once, and the guard then ends the rest. */
const interruption = (): AbortSignal => {
  const abort = new AbortController()
  process.once('SIGINT', () => abort.abort()).once('SIGTERM', () => abort.abort())
  return abort.signal
}

// What was interrupted may still wait for something that will not come.
process.exit(await carryOut(readOrder(process.argv.slice(2))))
