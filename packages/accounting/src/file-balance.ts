import type { FileTotals } from './file-totals.ts'

/** Does the file equal posted + dead + rejected, to the penny? Minor units, signed: cancelled amounts are negative. */
export interface FileBalance {
  readonly lines: number
  readonly invoices: number
  readonly grossMinor: number
  readonly cancelledMinor: number
  readonly postedGrossMinor: number
  readonly postedCancelledMinor: number
  readonly deadMinor: number
  readonly rejectedMinor: number
  readonly closes: boolean
  /** Invoices whose posted amount is not what the file says; the first twenty. */
  readonly wrongInvoices: readonly string[]
}

/** What became of the file's invoices. */
export interface FileOutcome {
  readonly receivables: readonly { readonly documentId: string; readonly kind: string; readonly amountMinor: number }[]
  readonly deadInvoices: ReadonlySet<string>
  readonly rejectedInvoices: ReadonlySet<string>
}

/** Compares what was posted with the file itself, invoice by invoice. */
export const balanceFile = (file: FileTotals, outcome: FileOutcome): FileBalance => {
  let postedGrossMinor = 0
  let postedCancelledMinor = 0
  const wrong: string[] = []
  for (const { documentId, kind, amountMinor } of outcome.receivables) {
    const invoice = file.byInvoice.get(documentId)
    if (invoice === undefined) continue
    if (kind === 'cancellation') postedCancelledMinor += amountMinor
    else postedGrossMinor += amountMinor
    if (invoice.amountMinor !== amountMinor) wrong.push(documentId)
  }
  const amountOf = (invoices: ReadonlySet<string>): number =>
    [...invoices].reduce((sum, invoice) => sum + (file.byInvoice.get(invoice)?.amountMinor ?? 0), 0)
  const deadMinor = amountOf(outcome.deadInvoices.difference(outcome.rejectedInvoices))
  const rejectedMinor = amountOf(outcome.rejectedInvoices)
  const { lines, invoices, grossMinor, cancelledMinor } = file
  const accounted = postedGrossMinor + postedCancelledMinor + deadMinor + rejectedMinor
  return {
    lines,
    invoices,
    grossMinor,
    cancelledMinor,
    postedGrossMinor,
    postedCancelledMinor,
    deadMinor,
    rejectedMinor,
    closes: accounted === grossMinor + cancelledMinor && wrong.length === 0,
    wrongInvoices: wrong.slice(0, 20),
  }
}
