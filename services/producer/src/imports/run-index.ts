import { InterchangeError } from '@interchange/messaging'
import type { InvoiceRun } from './invoice-runs.ts'

/** Most distinct invoices, and most runs that are not the first of their invoice, that one file may have. */
export const runIndexLimits = { invoicesMax: 1_000_000, laterRunsMax: 200_000 } as const

/** Where a run lies in the file. */
export interface RunRange {
  readonly lineNo: number
  readonly byteStart: number
  readonly byteEnd: number
  readonly lineCount: number
}

/** What the first pass over a file learns. */
export interface RunIndex {
  /** The runs behind the first one of each invoice that is not contiguous, in the order of the file. */
  readonly laterRuns: ReadonlyMap<string, readonly RunRange[]>
  readonly invoices: number
  /** Number of the last line. */
  readonly lines: number
}

/**
 * The first pass: which invoices are not contiguous, and where their other lines are, so that the second pass can send each
 * invoice whole when it meets it first. Memory is bounded by `runIndexLimits`; throws `ICX_IMPORT_LIMIT` beyond.
 */
export const indexRuns = async (runs: AsyncIterable<InvoiceRun>): Promise<RunIndex> => {
  const seen = new Set<string>()
  const laterRuns = new Map<string, RunRange[]>()
  let laterCount = 0
  let lines = 1
  for await (const { invoiceNo, lines: run } of runs) {
    lines = run.at(-1)?.lineNo ?? lines
    if (invoiceNo === undefined) continue
    if (!seen.has(invoiceNo)) {
      seen.add(invoiceNo)
    } else {
      const ranges = laterRuns.get(invoiceNo) ?? []
      ranges.push(rangeOf(run))
      laterRuns.set(invoiceNo, ranges)
      laterCount++
    }
    if (seen.size > runIndexLimits.invoicesMax) throw overLimit('invoices', runIndexLimits.invoicesMax)
    if (laterCount > runIndexLimits.laterRunsMax) throw overLimit('scattered runs', runIndexLimits.laterRunsMax)
  }
  return { laterRuns, invoices: seen.size, lines }
}

const rangeOf = (run: InvoiceRun['lines']): RunRange => ({
  lineNo: run[0]?.lineNo ?? 0,
  byteStart: run[0]?.byteStart ?? 0,
  byteEnd: run.at(-1)?.byteEnd ?? 0,
  lineCount: run.length,
})

const overLimit = (what: string, most: number): InterchangeError =>
  new InterchangeError('ICX_IMPORT_LIMIT', `The file has more than ${most} ${what}; split it.`, {
    class: 'poison',
    facts: { most },
  })
