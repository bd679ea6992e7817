import {
  adjustmentRecorded,
  type InvoiceReceived,
  orderCancelled,
  orderPlaced,
  stockAdjusted,
} from '@interchange/contracts'
import { type Outgoing, outgoing, rejected } from '@interchange/messaging'
import type { Countries } from '../countries/countries.ts'
import { sumOf } from '../money/decimal.ts'
import { classifyInvoice } from './classify-invoice.ts'
import { type ReadInvoice, readInvoice, retailCurrency } from './read-invoice.ts'

/** One canonical event for one invoice of the export. Throws class `poison` for what has no honest meaning. */
export const transformInvoice = (received: InvoiceReceived, countries: Countries): Outgoing => {
  const invoice = readInvoice(received)
  const decided = classifyInvoice(invoice)
  switch (decided.kind) {
    case 'order':
      return placed(invoice, countries)
    case 'cancellation':
      return cancelled(invoice, countries)
    case 'adjustment':
      return adjusted(invoice, decided.reason)
    case 'stock':
      return stockCorrected(invoice)
    case 'refused':
      throw rejected(`an invoice has no meaning here: ${decided.why}`, { invoiceNo: invoice.invoiceNo })
  }
}

const placed = ({ invoiceNo, issuedAt, customerRef, country, lines }: ReadInvoice, countries: Countries): Outgoing =>
  outgoing(orderPlaced, {
    orderId: invoiceNo,
    source: 'retail',
    placedAt: issuedAt,
    customerRef,
    recipientName: null,
    countryCode: countries.codeOf(country),
    currency: retailCurrency,
    lines,
    totalMinor: totalOf(lines),
    channel: 'export',
    shippingMinor: 0,
    discountMinor: 0,
    taxMinor: 0,
  })

const cancelled = ({ invoiceNo, issuedAt, country, lines }: ReadInvoice, countries: Countries): Outgoing =>
  outgoing(orderCancelled, {
    cancellationId: invoiceNo,
    originalOrderRef: null,
    cancelledAt: issuedAt,
    countryCode: countries.codeOf(country),
    currency: retailCurrency,
    lines: lines.map((line) => ({ ...line, quantity: -line.quantity })),
    totalMinor: totalOf(lines),
  })

const adjusted = ({ invoiceNo, issuedAt, lines }: ReadInvoice, reason: string): Outgoing =>
  outgoing(adjustmentRecorded, {
    adjustmentId: invoiceNo,
    recordedAt: issuedAt,
    currency: retailCurrency,
    amountMinor: totalOf(lines),
    reason,
  })

const stockCorrected = ({ invoiceNo, issuedAt, lines }: ReadInvoice): Outgoing =>
  outgoing(stockAdjusted, {
    adjustmentId: invoiceNo,
    adjustedAt: issuedAt,
    lines: lines.map(({ sku, quantity, description }) => ({ sku, quantityDelta: quantity, reason: description })),
  })

const totalOf = (lines: ReadInvoice['lines']): number => sumOf(lines.map(({ amountMinor }) => amountMinor))
