import type { FileHandle } from 'node:fs/promises'
import { type InvoiceRun, invoiceLinesMax, invoiceRuns } from './invoice-runs.ts'
import { judgeInvoice, type ReadyInvoice, type RejectedLine, rejectAll } from './judge-invoice.ts'
import { type FilePosition, readLines } from './read-lines.ts'
import type { FileLine } from './retail-line.ts'
import type { RunIndex, RunRange } from './run-index.ts'

/** What the second pass answers for each run: an invoice, rejected lines, or nothing (sent with the first run). */
export interface ReadStep {
  readonly ready: ReadyInvoice | undefined
  readonly rejected: readonly RejectedLine[]
  /** Reading may begin here again without missing or repeating anything. */
  readonly position: FilePosition
}

/**
 * The second pass: each invoice whole, at the place of its first line, read together with the runs of it that lie further
 * on. Holds one invoice at a time.
 */
export async function* readInvoices(file: FileHandle, index: RunIndex, from: FilePosition): AsyncGenerator<ReadStep> {
  for await (const run of invoiceRuns(readLines(file, from))) {
    const later = run.invoiceNo === undefined ? undefined : index.laterRuns.get(run.invoiceNo)
    const position = endOf(run)
    if (later === undefined) yield step(run.invoiceNo, run.lines, position)
    else if (!later.some(({ lineNo }) => lineNo === run.lines[0]?.lineNo)) yield* gather(file, run, later, position)
    else yield { ready: undefined, rejected: [], position }
  }
}

async function* gather(
  file: FileHandle,
  run: InvoiceRun,
  later: readonly RunRange[],
  position: FilePosition,
): AsyncGenerator<ReadStep> {
  const lineCount = later.reduce((sum, range) => sum + range.lineCount, run.lines.length)
  if (lineCount <= invoiceLinesMax) {
    const lines = [...run.lines]
    for (const range of later) lines.push(...(await readRange(file, range)))
    yield step(run.invoiceNo, lines, position)
    return
  }
  // Too long to be held: rejected part by part. Only behind the last part may reading begin again.
  const reason = `invoice ${run.invoiceNo} has more than ${invoiceLinesMax} lines`
  const before = { byte: run.lines[0]?.byteStart ?? 0, lineNo: run.lines[0]?.lineNo ?? 0 }
  yield { ready: undefined, rejected: rejectAll(run.lines, reason), position: before }
  for (const range of later) {
    yield { ready: undefined, rejected: rejectAll(await readRange(file, range), reason), position: before }
  }
  yield { ready: undefined, rejected: [], position }
}

const step = (invoiceNo: string | undefined, lines: readonly FileLine[], position: FilePosition): ReadStep => {
  const judged = judgeInvoice(invoiceNo, lines)
  return 'contentHash' in judged
    ? { ready: judged, rejected: [], position }
    : { ready: undefined, rejected: judged, position }
}

const readRange = async (file: FileHandle, range: RunRange): Promise<readonly FileLine[]> => {
  const lines: FileLine[] = []
  const from = { byte: range.byteStart, lineNo: range.lineNo }
  for await (const chunk of readLines(file, from, range.byteEnd)) lines.push(...chunk)
  return lines.filter(({ text, fault }) => text !== '' || fault !== undefined)
}

const endOf = (run: InvoiceRun): FilePosition => {
  const last = run.lines.at(-1)
  return { byte: last?.byteEnd ?? 0, lineNo: (last?.lineNo ?? 0) + 1 }
}
