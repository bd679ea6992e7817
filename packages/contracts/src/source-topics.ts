import type { Topic } from '@interchange/messaging'
import { defineTopic } from './define-topic.ts'
import { type InvoiceReceived, invoiceReceivedVersions } from './generated/retail/invoice-received.ts'
import { type CustomerReceived, customerReceivedVersions } from './generated/shop/customer-received.ts'
import { type ShopErasureRequested, shopErasureRequestedVersions } from './generated/shop/erasure-requested.ts'
import { type OrderReceived, orderReceivedVersions } from './generated/shop/order-received.ts'
import { type RefundReceived, refundReceivedVersions } from './generated/shop/refund-received.ts'

const source = { kind: 'source', owner: 'producer', groups: ['transformer'] } as const

/** Invoices of the retail export, keyed by invoice number. */
export const invoiceReceived: Topic<InvoiceReceived> = defineTopic({
  ...source,
  versions: invoiceReceivedVersions,
  keyOf: (invoice: InvoiceReceived) => invoice.invoiceNo,
  description: 'An invoice of the retail export, as the file wrote it.',
})

/** Order webhooks, keyed by order id. */
export const orderReceived: Topic<OrderReceived> = defineTopic({
  ...source,
  versions: orderReceivedVersions,
  keyOf: (order: OrderReceived) => order.orderId,
  description: 'An order webhook of the shop.',
})

/** Customer webhooks, keyed by customer id. */
export const customerReceived: Topic<CustomerReceived> = defineTopic({
  ...source,
  versions: customerReceivedVersions,
  keyOf: (customer: CustomerReceived) => customer.customerId,
  description: 'A customer webhook of the shop.',
})

/** Refund webhooks, keyed by order id so that they follow their order. */
export const refundReceived: Topic<RefundReceived> = defineTopic({
  ...source,
  versions: refundReceivedVersions,
  keyOf: (refund: RefundReceived) => refund.orderId,
  description: 'A refund webhook of the shop.',
})

/** Erasure requests that the shop passes on, keyed by customer id. */
export const shopErasureRequested: Topic<ShopErasureRequested> = defineTopic({
  ...source,
  versions: shopErasureRequestedVersions,
  keyOf: (request: ShopErasureRequested) => request.customerId,
  description: 'A request to erase a person, as the shop passed it on.',
})
