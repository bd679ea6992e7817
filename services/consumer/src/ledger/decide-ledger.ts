import type {
  AdjustmentRecorded,
  BillingCustomerRegistered,
  OrderCancelled,
  OrderPlaced,
  RefundIssued,
} from '@interchange/contracts'
import { type HandlerContext, rejected } from '@interchange/messaging'
import type { Account, BillingCustomer, JournalEntry, Posting } from './ledger-effect.ts'

type Handled = Pick<HandlerContext, 'messageId'>

/** An order is owed by the customer and earned as sales, shipping and tax, less discounts. */
export const postOrder = (order: OrderPlaced, { messageId }: Handled): JournalEntry => {
  const sales = sum(order.lines)
  const { shippingMinor, taxMinor, discountMinor, totalMinor } = order
  agrees(sales + shippingMinor + taxMinor - discountMinor, totalMinor)
  return {
    kind: 'order',
    documentId: order.orderId,
    messageId,
    source: order.source,
    orderRef: order.orderId,
    postedAtMs: order.placedAt,
    currency: currencyOf(order.currency),
    postings: [
      { account: 'receivable', amountMinor: totalMinor },
      { account: 'sales', amountMinor: negated(sales) },
      ...unlessZero('shipping', negated(shippingMinor)),
      ...unlessZero('tax', negated(taxMinor)),
      ...unlessZero('discounts', discountMinor),
    ],
  }
}

/** A cancellation takes back what was owed and what was earned; its amounts are negative already. */
export const postCancellation = (cancellation: OrderCancelled, { messageId }: Handled): JournalEntry => {
  agrees(sum(cancellation.lines), cancellation.totalMinor)
  return {
    kind: 'cancellation',
    documentId: cancellation.cancellationId,
    messageId,
    source: null,
    orderRef: cancellation.originalOrderRef,
    postedAtMs: cancellation.cancelledAt,
    currency: currencyOf(cancellation.currency),
    postings: owed(cancellation.totalMinor, 'sales'),
  }
}

/** A refund may differ from the sum of its positions (shipping, goodwill): its own amount counts. */
export const postRefund = (refund: RefundIssued, { messageId }: Handled): JournalEntry => ({
  kind: 'refund',
  documentId: refund.refundId,
  messageId,
  source: null,
  orderRef: refund.orderId,
  postedAtMs: refund.issuedAt,
  currency: currencyOf(refund.currency),
  postings: owed(refund.amountMinor, 'refunds'),
})

/** An adjustment of the books against bad debt. */
export const postAdjustment = (adjustment: AdjustmentRecorded, { messageId }: Handled): JournalEntry => ({
  kind: 'adjustment',
  documentId: adjustment.adjustmentId,
  messageId,
  source: null,
  orderRef: null,
  postedAtMs: adjustment.recordedAt,
  currency: currencyOf(adjustment.currency),
  postings: owed(adjustment.amountMinor, 'bad-debt'),
})

/** The event carries no time of its own, so the message's time orders the states of a customer. */
export const billCustomer = (
  { customerId, legalName, address, email }: BillingCustomerRegistered,
  { messageId, timeMs }: Pick<HandlerContext, 'messageId' | 'timeMs'>,
): BillingCustomer => ({
  kind: 'customer',
  customerId,
  messageId,
  legalName,
  addressLines: address?.lines ?? [],
  city: address?.city ?? null,
  region: address?.region ?? null,
  postalCode: address?.postalCode ?? null,
  countryCode: address?.countryCode ?? null,
  email,
  registeredAtMs: timeMs,
})

const owed = (amountMinor: number, against: Account): readonly Posting[] => [
  { account: 'receivable', amountMinor },
  { account: against, amountMinor: negated(amountMinor) },
]

const unlessZero = (account: Account, amountMinor: number): readonly Posting[] =>
  amountMinor === 0 ? [] : [{ account, amountMinor }]

/** Without the negative zero that `-0` would put into a test's or a person's way. */
const negated = (amountMinor: number): number => 0 - amountMinor

const sum = (lines: readonly { readonly amountMinor: number }[]): number =>
  lines.reduce((total, { amountMinor }) => total + amountMinor, 0)

const agrees = (positionsMinor: number, totalMinor: number): void => {
  if (positionsMinor !== totalMinor)
    throw rejected('The total is not the sum of its positions.', { positionsMinor, totalMinor })
}

const currencyOf = (currency: string): string => {
  if (!/^[A-Z]{3}$/.test(currency)) throw rejected('The currency is no ISO 4217 code.', { currency })
  return currency
}
