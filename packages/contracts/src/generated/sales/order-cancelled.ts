// Generated from schemas/ by `npm run generate`. Do not edit.

import type { SchemaReference } from '@interchange/messaging'
import type { TimestampMillis } from '../../logical-types.ts'

/** Goods come back, or never left, and their money is no longer owed. */
export interface OrderCancelled {
  /** Id of the cancellation at the source. */
  readonly cancellationId: string
  /** The order it takes back; null when the source does not say. */
  readonly originalOrderRef: string | null
  /** When it was cancelled. */
  readonly cancelledAt: TimestampMillis
  /** ISO 3166-1 alpha-2 code of the order's destination. */
  readonly countryCode: string
  /** ISO 4217 code of all amounts. */
  readonly currency: string
  /** The positions in the order of the source; at least one. */
  readonly lines: readonly OrderCancelledLine[]
  /** Sum of the positions, in minor units of the currency (cents, pence); exact, |value| <= 4.5e15; not positive. */
  readonly totalMinor: number
}

/** One position taken back. */
export interface OrderCancelledLine {
  /** Stock keeping unit, with its case as the source wrote it. */
  readonly sku: string
  /** What it is, for people. */
  readonly description: string | null
  /** Units that come back; greater than 0. */
  readonly quantity: number
  /** Price of one unit in thousandths of the currency's major unit; |value| <= 4.5e15. */
  readonly unitPriceMills: number
  /** Amount of the position in minor units of the currency (cents, pence); exact, |value| <= 4.5e15; not positive. */
  readonly amountMinor: number
}

/** Every version of `io.interchange.sales.OrderCancelled`, oldest first. */
export const orderCancelledVersions: readonly [SchemaReference, ...SchemaReference[]] = [
  {
    subject: 'sales.order-cancelled.v1-value',
    recordName: 'io.interchange.sales.OrderCancelled',
    version: 1,
    text: '{"type":"record","name":"OrderCancelled","namespace":"io.interchange.sales","doc":"Goods come back, or never left, and their money is no longer owed.","fields":[{"name":"cancellationId","type":"string","doc":"Id of the cancellation at the source."},{"name":"originalOrderRef","type":["null","string"],"default":null,"doc":"The order it takes back; null when the source does not say."},{"name":"cancelledAt","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When it was cancelled."},{"name":"countryCode","type":"string","doc":"ISO 3166-1 alpha-2 code of the order\'s destination."},{"name":"currency","type":"string","doc":"ISO 4217 code of all amounts."},{"name":"lines","type":{"type":"array","items":{"type":"record","name":"OrderCancelledLine","doc":"One position taken back.","fields":[{"name":"sku","type":"string","doc":"Stock keeping unit, with its case as the source wrote it."},{"name":"description","type":["null","string"],"default":null,"doc":"What it is, for people."},{"name":"quantity","type":"long","doc":"Units that come back; greater than 0."},{"name":"unitPriceMills","type":"long","doc":"Price of one unit in thousandths of the currency\'s major unit; |value| <= 4.5e15."},{"name":"amountMinor","type":"long","doc":"Amount of the position in minor units of the currency (cents, pence); exact, |value| <= 4.5e15; not positive."}]}},"doc":"The positions in the order of the source; at least one."},{"name":"totalMinor","type":"long","doc":"Sum of the positions, in minor units of the currency (cents, pence); exact, |value| <= 4.5e15; not positive."}]}',
  },
]
