import type { Topic } from '@interchange/messaging'
import { defineTopic } from './define-topic.ts'
import {
  type BillingCustomerRegistered,
  billingCustomerRegisteredVersions,
} from './generated/billing/customer-registered.ts'
import { type StockAdjusted, stockAdjustedVersions } from './generated/inventory/stock-adjusted.ts'
import {
  type MarketingCustomerRegistered,
  marketingCustomerRegisteredVersions,
} from './generated/marketing/customer-registered.ts'
import { type PrivacyErasureRequested, privacyErasureRequestedVersions } from './generated/privacy/erasure-requested.ts'
import { type AdjustmentRecorded, adjustmentRecordedVersions } from './generated/sales/adjustment-recorded.ts'
import { type OrderCancelled, orderCancelledVersions } from './generated/sales/order-cancelled.ts'
import { type OrderPlaced, orderPlacedVersions } from './generated/sales/order-placed.ts'
import { type RefundIssued, refundIssuedVersions } from './generated/sales/refund-issued.ts'

const canonical = { kind: 'canonical', owner: 'transformer' } as const

/** Orders, keyed by order id. */
export const orderPlaced: Topic<OrderPlaced> = defineTopic({
  ...canonical,
  versions: orderPlacedVersions,
  keyOf: (order: OrderPlaced) => order.orderId,
  groups: ['warehouse', 'ledger'],
  description: 'An order stands: goods are to be reserved and money is owed.',
})

/** Cancellations, keyed by the order they take back, or by their own id where the source does not name it. */
export const orderCancelled: Topic<OrderCancelled> = defineTopic({
  ...canonical,
  versions: orderCancelledVersions,
  keyOf: (cancellation: OrderCancelled) => cancellation.originalOrderRef ?? cancellation.cancellationId,
  groups: ['warehouse', 'ledger'],
  description: 'Goods come back, or never left, and their money is no longer owed.',
})

/** Refunds, keyed by order id. */
export const refundIssued: Topic<RefundIssued> = defineTopic({
  ...canonical,
  versions: refundIssuedVersions,
  keyOf: (refund: RefundIssued) => refund.orderId,
  groups: ['warehouse', 'ledger'],
  description: 'Money goes back to a customer, and goods perhaps to the shelf.',
})

/** Adjustments of the books, keyed by their own id. */
export const adjustmentRecorded: Topic<AdjustmentRecorded> = defineTopic({
  ...canonical,
  versions: adjustmentRecordedVersions,
  keyOf: (adjustment: AdjustmentRecorded) => adjustment.adjustmentId,
  groups: ['ledger'],
  description: "The seller's books are adjusted without goods moving.",
})

/** Corrections of stock, keyed by their own id. */
export const stockAdjusted: Topic<StockAdjusted> = defineTopic({
  ...canonical,
  versions: stockAdjustedVersions,
  keyOf: (adjustment: StockAdjusted) => adjustment.adjustmentId,
  groups: ['warehouse'],
  description: 'Stock was corrected without a sale.',
})

/** Customers as billing needs them, keyed by customer id. */
export const billingCustomerRegistered: Topic<BillingCustomerRegistered> = defineTopic({
  ...canonical,
  versions: billingCustomerRegisteredVersions,
  keyOf: (customer: BillingCustomerRegistered) => customer.customerId,
  groups: ['ledger'],
  description: 'A customer as the ledger needs it.',
})

/** Customers as marketing needs them, keyed by customer id. */
export const marketingCustomerRegistered: Topic<MarketingCustomerRegistered> = defineTopic({
  ...canonical,
  versions: marketingCustomerRegisteredVersions,
  keyOf: (customer: MarketingCustomerRegistered) => customer.customerId,
  groups: ['notifications'],
  description: 'A customer as marketing needs it.',
})

/** Requests to forget a person, keyed by customer id. */
export const privacyErasureRequested: Topic<PrivacyErasureRequested> = defineTopic({
  ...canonical,
  versions: privacyErasureRequestedVersions,
  keyOf: (request: PrivacyErasureRequested) => request.customerId,
  groups: ['notifications'],
  description: 'A person wants to be forgotten.',
})
