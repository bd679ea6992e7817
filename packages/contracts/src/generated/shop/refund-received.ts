// Generated from schemas/ by `npm run generate`. Do not edit.

import type { SchemaReference } from '@interchange/messaging'

/** A refund webhook of the shop. Amounts are decimal strings as written; JSON numbers keep the digits of the JSON text. */
export interface RefundReceived {
  /** Refund id: the digits as written. */
  readonly refundId: string
  /** The order it belongs to: the digits as written. */
  readonly orderId: string
  /** Creation time as written, ISO 8601 with an offset. */
  readonly createdAt: string
  /** Why, in the words of whoever refunded. */
  readonly note: string | null
  /** True when the goods go back on the shelf; each line says so too. */
  readonly restock: boolean
  /** ISO 4217 code, from the first refunded line's shop money; null when the source names none. */
  readonly currency: string | null
  /** The refunded lines in their order; may be empty. */
  readonly lines: readonly RefundReceivedLine[]
  /** The movements of money in their order; may be empty. */
  readonly transactions: readonly RefundReceivedTransaction[]
}

/** One refunded line. */
export interface RefundReceivedLine {
  /** The order's line item. */
  readonly lineItemId: string
  /** Stock keeping unit; null when the product has none. */
  readonly sku: string | null
  /** Quantity refunded. */
  readonly quantity: number
  /** "no_restock", "cancel", "return" or "legacy_restock", as written. */
  readonly restockType: string
  /** Amount of the line without tax. */
  readonly subtotal: string
  /** Tax of the line. */
  readonly totalTax: string
}

/** One movement of money. */
export interface RefundReceivedTransaction {
  /** Transaction id as written. */
  readonly transactionId: string
  /** "refund" moves money back; others do not. */
  readonly kind: string
  /** "success", "pending", "failure" or "error". */
  readonly status: string
  /** Amount of the movement. */
  readonly amount: string
}

/** Every version of `io.interchange.shop.RefundReceived`, oldest first. */
export const refundReceivedVersions: readonly [SchemaReference, ...SchemaReference[]] = [
  {
    subject: 'shop.refund-received.v1-value',
    recordName: 'io.interchange.shop.RefundReceived',
    version: 1,
    text: '{"type":"record","name":"RefundReceived","namespace":"io.interchange.shop","doc":"A refund webhook of the shop. Amounts are decimal strings as written; JSON numbers keep the digits of the JSON text.","fields":[{"name":"refundId","type":"string","doc":"Refund id: the digits as written."},{"name":"orderId","type":"string","doc":"The order it belongs to: the digits as written."},{"name":"createdAt","type":"string","doc":"Creation time as written, ISO 8601 with an offset."},{"name":"note","type":["null","string"],"default":null,"doc":"Why, in the words of whoever refunded."},{"name":"restock","type":"boolean","doc":"True when the goods go back on the shelf; each line says so too."},{"name":"currency","type":["null","string"],"default":null,"doc":"ISO 4217 code, from the first refunded line\'s shop money; null when the source names none."},{"name":"lines","type":{"type":"array","items":{"type":"record","name":"RefundReceivedLine","doc":"One refunded line.","fields":[{"name":"lineItemId","type":"string","doc":"The order\'s line item."},{"name":"sku","type":["null","string"],"default":null,"doc":"Stock keeping unit; null when the product has none."},{"name":"quantity","type":"long","doc":"Quantity refunded."},{"name":"restockType","type":"string","doc":"\\"no_restock\\", \\"cancel\\", \\"return\\" or \\"legacy_restock\\", as written."},{"name":"subtotal","type":"string","doc":"Amount of the line without tax."},{"name":"totalTax","type":"string","doc":"Tax of the line."}]}},"doc":"The refunded lines in their order; may be empty."},{"name":"transactions","type":{"type":"array","items":{"type":"record","name":"RefundReceivedTransaction","doc":"One movement of money.","fields":[{"name":"transactionId","type":"string","doc":"Transaction id as written."},{"name":"kind","type":"string","doc":"\\"refund\\" moves money back; others do not."},{"name":"status","type":"string","doc":"\\"success\\", \\"pending\\", \\"failure\\" or \\"error\\"."},{"name":"amount","type":"string","doc":"Amount of the movement."}]}},"doc":"The movements of money in their order; may be empty."}]}',
  },
]
