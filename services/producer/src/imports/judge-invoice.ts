import { createHash } from 'node:crypto'
import type { InvoiceReceivedLine } from '@interchange/contracts'
import { invoiceLinesMax } from './invoice-runs.ts'
import { type FileLine, readRetailLine } from './retail-line.ts'

/** A line on its way to the reject file. */
export interface RejectedLine {
  readonly lineNo: number
  readonly reason: string
  readonly text: string
}

/** An invoice that can go out. */
export interface ReadyInvoice {
  readonly invoiceNo: string
  readonly lines: readonly InvoiceReceivedLine[]
  /** SHA-256 over what the lines say; line numbers and quoting do not count, so the same invoice in another file is the same. */
  readonly contentHash: Buffer
  /** The lines as they were, for the reject file should the invoice turn out to be a conflict. */
  readonly source: readonly FileLine[]
}

/** An invoice goes out whole or not at all: one bad line rejects all of them, each with the reason. */
export const judgeInvoice = (
  invoiceNo: string | undefined,
  source: readonly FileLine[],
): ReadyInvoice | readonly RejectedLine[] => {
  if (source.length > invoiceLinesMax) {
    return rejectAll(source, `invoice ${invoiceNo} has more than ${invoiceLinesMax} lines`)
  }
  const lines: InvoiceReceivedLine[] = []
  const faults = new Map<number, string>()
  for (const line of source) {
    const read = readRetailLine(line)
    if (typeof read === 'string') faults.set(line.lineNo, read)
    else lines.push(read)
  }
  const [first] = faults.keys()
  if (first !== undefined || invoiceNo === undefined) {
    const cause = `invoice ${invoiceNo} is not sent in part: line ${first} is rejected`
    return source.map(({ lineNo, text }) => ({ lineNo, reason: faults.get(lineNo) ?? cause, text }))
  }
  return { invoiceNo, lines, contentHash: hashOf(lines), source }
}

/** All lines with one reason. */
export const rejectAll = (source: readonly FileLine[], reason: string): readonly RejectedLine[] =>
  source.map(({ lineNo, text }) => ({ lineNo, reason, text }))

// Fields cannot hold control characters, so the separators keep them apart.
const hashOf = (lines: readonly InvoiceReceivedLine[]): Buffer => {
  const hash = createHash('sha256')
  for (const line of lines) {
    hash.update(
      `${line.stockCode}\u001f${line.description ?? ''}\u001f${line.quantity}\u001f${line.invoiceDate}\u001f` +
        `${line.unitPrice}\u001f${line.customerId ?? ''}\u001f${line.country}\u001e`,
    )
  }
  return hash.digest()
}
