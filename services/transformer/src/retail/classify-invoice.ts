import type { ReadInvoice } from './read-invoice.ts'

/** What an invoice of the export is. `refused` says why it is none of them. */
export type InvoiceKind =
  | { readonly kind: 'order' }
  | { readonly kind: 'cancellation' }
  | { readonly kind: 'adjustment'; readonly reason: string }
  | { readonly kind: 'stock' }
  | { readonly kind: 'refused'; readonly why: string }

/** Decides by the number's first letter, then by the signs of quantities and prices, never by descriptions. */
export const classifyInvoice = (invoice: ReadInvoice): InvoiceKind => {
  const { invoiceNo, lines } = invoice
  if (lines.some(({ quantity }) => quantity === 0)) return refused('a line with quantity 0')
  if (/^A\d+$/.test(invoiceNo)) return adjustment(invoice)
  if (lines.some(({ unitPriceMills }) => unitPriceMills < 0)) return refused('a negative price outside an adjustment')
  const added = lines.every(({ quantity }) => quantity > 0)
  const removed = lines.every(({ quantity }) => quantity < 0)
  if (/^C\d+$/.test(invoiceNo))
    return removed ? { kind: 'cancellation' } : refused('a cancellation with a quantity above 0')
  if (!/^\d+$/.test(invoiceNo))
    return refused('an invoice number that is neither digits, C and digits, nor A and digits')
  if (!added && !removed) return refused('quantities of both signs on one invoice')
  if (isStock(invoice)) return { kind: 'stock' }
  return added ? { kind: 'order' } : refused('negative quantities on an invoice that is no cancellation')
}

/** Damages and found stock: nobody is invoiced and nothing is asked for it. */
const isStock = ({ customerRef, lines }: ReadInvoice): boolean =>
  customerRef === null && lines.every(({ unitPriceMills }) => unitPriceMills === 0)

const adjustment = ({ lines }: ReadInvoice): InvoiceKind => {
  const reasons = new Set(lines.map(({ description }) => description).filter((reason) => reason !== null))
  return reasons.size === 0
    ? refused('an adjustment without a reason')
    : { kind: 'adjustment', reason: [...reasons].join('; ') }
}

const refused = (why: string): InvoiceKind => ({ kind: 'refused', why })
