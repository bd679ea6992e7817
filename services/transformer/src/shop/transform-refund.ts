import {
  type RefundIssuedLine,
  type RefundReceived,
  type RefundReceivedLine,
  refundIssued,
} from '@interchange/contracts'
import { type Outgoing, outgoing, rejected } from '@interchange/messaging'
import { exponentOf } from '../money/currency.ts'
import { exactMinorOf, sumOf } from '../money/decimal.ts'
import { isoInstant } from '../time/iso-instant.ts'

/**
 * `sales.refund-issued` for one refund webhook; nothing where neither money nor goods come back. Throws class `poison`
 * without a currency or with a word the shop's contract does not have.
 */
export const transformRefund = (refund: RefundReceived): Outgoing | undefined => {
  const { refundId, orderId, currency, lines, transactions } = refund
  const moving = transactions.filter(({ kind, status }) => kind === 'refund' && isIssued(status, refundId))
  if (moving.length === 0 && lines.length === 0) return undefined
  if (currency === null) throw rejected('a refund names no currency', { refundId })
  const exponent = exponentOf(currency)
  return outgoing(refundIssued, {
    refundId,
    orderId,
    issuedAt: isoInstant(refund.createdAt),
    currency,
    amountMinor: 0 - sumOf(moving.map(({ amount }) => unsignedMinor(amount, exponent, refundId))),
    lines: lines.map((line) => refundedLine(line, exponent, refundId)),
  })
}

const refundedLine = (line: RefundReceivedLine, exponent: number, refundId: string): RefundIssuedLine => {
  if (line.quantity <= 0)
    throw rejected('a refunded line with a quantity below 1', { refundId, lineId: line.lineItemId })
  const restocked = restocking.get(line.restockType)
  if (restocked === undefined)
    throw rejected(`an unknown way to restock: "${line.restockType.slice(0, 40)}"`, {
      refundId,
      lineId: line.lineItemId,
    })
  return {
    sku: line.sku?.trim() || null,
    quantity: line.quantity,
    amountMinor: 0 - unsignedMinor(line.subtotal, exponent, refundId),
    restocked,
  }
}

/** Whether units come back to the shelf. Those of a cancelled line never left it: the cancellation releases them. */
const restocking: ReadonlyMap<string, boolean> = new Map([
  ['return', true],
  ['legacy_restock', true],
  ['cancel', false],
  ['no_restock', false],
])

/** A pending refund is issued, the bank is only slow; one that failed moved nothing. */
const isIssued = (status: string, refundId: string): boolean => {
  switch (status) {
    case 'success':
    case 'pending':
      return true
    case 'failure':
    case 'error':
      return false
    default:
      throw rejected(`an unknown status of a refund: "${status.slice(0, 40)}"`, { refundId })
  }
}

const unsignedMinor = (text: string, exponent: number, refundId: string): number => {
  const minor = exactMinorOf(text, exponent)
  if (minor < 0) throw rejected('a refund with a negative amount', { refundId })
  return minor
}
