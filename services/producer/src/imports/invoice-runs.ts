import { type FileLine, invoiceNoOf } from './retail-line.ts'

/** Most lines of one invoice: what fits into one Kafka record. The longest real one has 1,114. */
export const invoiceLinesMax = 8_000

/** Consecutive lines of one invoice; `invoiceNo` is undefined for lines that name none. */
export interface InvoiceRun {
  readonly invoiceNo: string | undefined
  readonly lines: readonly FileLine[]
}

/**
 * Groups lines into runs. Empty lines are skipped. A line that names no invoice counts to the invoice around it; where the
 * lines before and after it are of different invoices it stands alone. A run longer than `invoiceLinesMax` comes in parts.
 */
export async function* invoiceRuns(lines: AsyncIterable<readonly FileLine[]>): AsyncGenerator<InvoiceRun> {
  let invoiceNo: string | undefined
  let run: FileLine[] = []
  let nameless: FileLine[] = []
  for await (const chunk of lines) {
    for (const line of chunk) {
      if (line.text === '' && line.fault === undefined) continue
      const named = invoiceNoOf(line.text)
      if (named === undefined) {
        nameless.push(line)
        if (nameless.length < invoiceLinesMax) continue
      }
      const goesOn = named !== undefined && named === invoiceNo && run.length + nameless.length < invoiceLinesMax
      if (goesOn) {
        run.push(...nameless, line)
        nameless = []
        continue
      }
      if (run.length > 0) yield { invoiceNo, lines: run }
      if (nameless.length > 0) yield { invoiceNo: undefined, lines: nameless }
      invoiceNo = named
      run = named === undefined ? [] : [line]
      nameless = []
    }
  }
  if (run.length > 0) yield { invoiceNo, lines: run }
  if (nameless.length > 0) yield { invoiceNo: undefined, lines: nameless }
}
