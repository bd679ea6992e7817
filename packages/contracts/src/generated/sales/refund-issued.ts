// Generated from schemas/ by `npm run generate`. Do not edit.

import type { SchemaReference } from '@interchange/messaging'
import type { TimestampMillis } from '../../logical-types.ts'

/** Money goes back to a customer. */
export interface RefundIssued {
  /** Refund id of the source. */
  readonly refundId: string
  /** The order it belongs to. */
  readonly orderId: string
  /** When it was issued. */
  readonly issuedAt: TimestampMillis
  /** ISO 4217 code of all amounts. */
  readonly currency: string
  /** What the customer gets back, in minor units of the currency (cents, pence); exact, |value| <= 4.5e15; negative, as in order-cancelled: it lowers revenue. May differ from the sum of the lines. */
  readonly amountMinor: number
  /** The refunded positions; may be empty. */
  readonly lines: readonly RefundIssuedLine[]
}

/** One refunded position. */
export interface RefundIssuedLine {
  /** Stock keeping unit; null when the product has none. */
  readonly sku: string | null
  /** Units refunded; greater than 0. */
  readonly quantity: number
  /** Amount of the position in minor units of the currency (cents, pence); exact, |value| <= 4.5e15; not positive. */
  readonly amountMinor: number
  /** True when the units go back on the shelf. */
  readonly restocked: boolean
}

/** Every version of `io.interchange.sales.RefundIssued`, oldest first. */
export const refundIssuedVersions: readonly [SchemaReference, ...SchemaReference[]] = [
  {
    subject: 'sales.refund-issued.v1-value',
    recordName: 'io.interchange.sales.RefundIssued',
    version: 1,
    text: '{"type":"record","name":"RefundIssued","namespace":"io.interchange.sales","doc":"Money goes back to a customer.","fields":[{"name":"refundId","type":"string","doc":"Refund id of the source."},{"name":"orderId","type":"string","doc":"The order it belongs to."},{"name":"issuedAt","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When it was issued."},{"name":"currency","type":"string","doc":"ISO 4217 code of all amounts."},{"name":"amountMinor","type":"long","doc":"What the customer gets back, in minor units of the currency (cents, pence); exact, |value| <= 4.5e15; negative, as in order-cancelled: it lowers revenue. May differ from the sum of the lines."},{"name":"lines","type":{"type":"array","items":{"type":"record","name":"RefundIssuedLine","doc":"One refunded position.","fields":[{"name":"sku","type":["null","string"],"default":null,"doc":"Stock keeping unit; null when the product has none."},{"name":"quantity","type":"long","doc":"Units refunded; greater than 0."},{"name":"amountMinor","type":"long","doc":"Amount of the position in minor units of the currency (cents, pence); exact, |value| <= 4.5e15; not positive."},{"name":"restocked","type":"boolean","doc":"True when the units go back on the shelf."}]}},"doc":"The refunded positions; may be empty."}]}',
  },
]
