export {
  adjustmentRecorded,
  billingCustomerRegistered,
  marketingCustomerRegistered,
  orderCancelled,
  orderPlaced,
  privacyErasureRequested,
  refundIssued,
  stockAdjusted,
} from './canonical-topics.ts'
export {
  catalogue,
  groups,
  groupsOf,
  type PhysicalTopic,
  type PhysicalTopicRole,
  physicalTopicsOf,
  topicNamed,
  topics,
  topicsOf,
  versionsOf,
} from './catalogue.ts'
export type { BillingCustomerRegistered, PostalAddress } from './generated/billing/customer-registered.ts'
export type { DeliveryOutcome, DeliveryResult } from './generated/interchange/delivery-outcome.ts'
export type { ReplayAudit } from './generated/interchange/replay-audit.ts'
export type { StockAdjusted, StockAdjustedLine } from './generated/inventory/stock-adjusted.ts'
export type {
  MarketingConsent,
  MarketingCustomerRegistered,
  PersonName,
} from './generated/marketing/customer-registered.ts'
export type { PrivacyErasureRequested } from './generated/privacy/erasure-requested.ts'
export type { InvoiceReceived, InvoiceReceivedLine } from './generated/retail/invoice-received.ts'
export type { AdjustmentRecorded } from './generated/sales/adjustment-recorded.ts'
export type { OrderCancelled, OrderCancelledLine } from './generated/sales/order-cancelled.ts'
export {
  type OrderPlaced,
  type OrderPlacedLine,
  type OrderSource,
  orderPlacedVersions,
  type SalesChannel,
} from './generated/sales/order-placed.ts'
export type { RefundIssued, RefundIssuedLine } from './generated/sales/refund-issued.ts'
export { schemaVersions } from './generated/schema-versions.ts'
export type { Absent, CustomerReceived, CustomerReceivedAddress } from './generated/shop/customer-received.ts'
export type { ShopErasureRequested } from './generated/shop/erasure-requested.ts'
export type { OrderReceived, OrderReceivedAddress, OrderReceivedLine } from './generated/shop/order-received.ts'
export type {
  RefundReceived,
  RefundReceivedLine,
  RefundReceivedTransaction,
} from './generated/shop/refund-received.ts'
export { deliveryOutcome, replayAudit } from './internal-topics.ts'
export { type DateDays, type TimestampMillis, timestampMillis, type Uuid } from './logical-types.ts'
export { outcomeEvent, reportOutcomeBy } from './outcome-event.ts'
export {
  customerReceived,
  invoiceReceived,
  orderReceived,
  refundReceived,
  shopErasureRequested,
} from './source-topics.ts'
