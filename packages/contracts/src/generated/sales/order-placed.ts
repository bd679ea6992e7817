// Generated from schemas/ by `npm run generate`. Do not edit.

import type { SchemaReference } from '@interchange/messaging'
import type { TimestampMillis } from '../../logical-types.ts'

/** An order stands: goods are to be reserved and money is owed. */
export interface OrderPlaced {
  /** Order id of the source. */
  readonly orderId: string
  /** Who took the order. */
  readonly source: OrderSource
  /** When it was placed. */
  readonly placedAt: TimestampMillis
  /** Customer id of the source; null when the source names none. */
  readonly customerRef: string | null
  /** Full name on one line, for a parcel label; null when unknown. */
  readonly recipientName: string | null
  /** ISO 3166-1 alpha-2 code of the destination. */
  readonly countryCode: string
  /** ISO 4217 code of all amounts. */
  readonly currency: string
  /** The positions in the order of the source; at least one. */
  readonly lines: readonly OrderPlacedLine[]
  /** What is owed, in minor units of the currency (cents, pence); exact, |value| <= 4.5e15: positions + shippingMinor + taxMinor - discountMinor. */
  readonly totalMinor: number
  /** How the order reached the seller. */
  readonly channel: SalesChannel
  /** Shipping, in minor units of the currency (cents, pence); exact, |value| <= 4.5e15. */
  readonly shippingMinor: number
  /** Discounts as a positive amount, in minor units of the currency (cents, pence); exact, |value| <= 4.5e15. */
  readonly discountMinor: number
  /** Taxes not contained in the prices, in minor units of the currency (cents, pence); exact, |value| <= 4.5e15; 0 when prices contain them. */
  readonly taxMinor: number
}

/** Who took the order. */
export type OrderSource = 'retail' | 'shop'

/** One position. */
export interface OrderPlacedLine {
  /** Stock keeping unit, with its case as the source wrote it. */
  readonly sku: string
  /** What it is, for people. */
  readonly description: string | null
  /** Units; greater than 0. */
  readonly quantity: number
  /** Price of one unit in thousandths of the currency's major unit; |value| <= 4.5e15. */
  readonly unitPriceMills: number
  /** Amount of the position in minor units of the currency (cents, pence); exact, |value| <= 4.5e15; rounded once, from quantity times price. */
  readonly amountMinor: number
}

/** How the order reached the seller; a reader takes symbols it does not know as `unknown`. */
export type SalesChannel = 'unknown' | 'web' | 'point_of_sale' | 'export'

/** Every version of `io.interchange.sales.OrderPlaced`, oldest first. */
export const orderPlacedVersions: readonly [SchemaReference, ...SchemaReference[]] = [
  {
    subject: 'sales.order-placed.v1-value',
    recordName: 'io.interchange.sales.OrderPlaced',
    version: 1,
    text: '{"type":"record","name":"OrderPlaced","namespace":"io.interchange.sales","doc":"An order stands: goods are to be reserved and money is owed.","fields":[{"name":"orderId","type":"string","doc":"Order id of the source."},{"name":"source","type":{"type":"enum","name":"OrderSource","doc":"Who took the order.","symbols":["retail","shop"]},"doc":"Who took the order."},{"name":"placedAt","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When it was placed."},{"name":"customerRef","type":["null","string"],"default":null,"doc":"Customer id of the source; null when the source names none."},{"name":"recipientName","type":["null","string"],"default":null,"doc":"Full name on one line, for a parcel label; null when unknown."},{"name":"countryCode","type":"string","doc":"ISO 3166-1 alpha-2 code of the destination."},{"name":"currency","type":"string","doc":"ISO 4217 code of all amounts."},{"name":"lines","type":{"type":"array","items":{"type":"record","name":"OrderPlacedLine","doc":"One position.","fields":[{"name":"sku","type":"string","doc":"Stock keeping unit, with its case as the source wrote it."},{"name":"description","type":["null","string"],"default":null,"doc":"What it is, for people."},{"name":"quantity","type":"long","doc":"Units; greater than 0."},{"name":"unitPriceMills","type":"long","doc":"Price of one unit in thousandths of the currency\'s major unit; |value| <= 4.5e15."},{"name":"amountMinor","type":"long","doc":"Amount of the position in minor units of the currency (cents, pence); exact, |value| <= 4.5e15; rounded once, from quantity times price."}]}},"doc":"The positions in the order of the source; at least one."},{"name":"totalMinor","type":"long","doc":"Sum of the positions, in minor units of the currency (cents, pence); exact, |value| <= 4.5e15."}]}',
  },
  {
    subject: 'sales.order-placed.v1-value',
    recordName: 'io.interchange.sales.OrderPlaced',
    version: 2,
    text: '{"type":"record","name":"OrderPlaced","namespace":"io.interchange.sales","doc":"An order stands: goods are to be reserved and money is owed.","fields":[{"name":"orderId","type":"string","doc":"Order id of the source."},{"name":"source","type":{"type":"enum","name":"OrderSource","doc":"Who took the order.","symbols":["retail","shop"]},"doc":"Who took the order."},{"name":"placedAt","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When it was placed."},{"name":"customerRef","type":["null","string"],"default":null,"doc":"Customer id of the source; null when the source names none."},{"name":"recipientName","type":["null","string"],"default":null,"doc":"Full name on one line, for a parcel label; null when unknown."},{"name":"countryCode","type":"string","doc":"ISO 3166-1 alpha-2 code of the destination."},{"name":"currency","type":"string","doc":"ISO 4217 code of all amounts."},{"name":"lines","type":{"type":"array","items":{"type":"record","name":"OrderPlacedLine","doc":"One position.","fields":[{"name":"sku","type":"string","doc":"Stock keeping unit, with its case as the source wrote it."},{"name":"description","type":["null","string"],"default":null,"doc":"What it is, for people."},{"name":"quantity","type":"long","doc":"Units; greater than 0."},{"name":"unitPriceMills","type":"long","doc":"Price of one unit in thousandths of the currency\'s major unit; |value| <= 4.5e15."},{"name":"amountMinor","type":"long","doc":"Amount of the position in minor units of the currency (cents, pence); exact, |value| <= 4.5e15; rounded once, from quantity times price."}]}},"doc":"The positions in the order of the source; at least one."},{"name":"totalMinor","type":"long","doc":"What is owed, in minor units of the currency (cents, pence); exact, |value| <= 4.5e15: positions + shippingMinor + taxMinor - discountMinor."},{"name":"channel","type":{"type":"enum","name":"SalesChannel","doc":"How the order reached the seller; a reader takes symbols it does not know as `unknown`.","symbols":["unknown","web","point_of_sale","export"],"default":"unknown"},"doc":"How the order reached the seller.","default":"unknown"},{"name":"shippingMinor","type":"long","doc":"Shipping, in minor units of the currency (cents, pence); exact, |value| <= 4.5e15.","default":0},{"name":"discountMinor","type":"long","doc":"Discounts as a positive amount, in minor units of the currency (cents, pence); exact, |value| <= 4.5e15.","default":0},{"name":"taxMinor","type":"long","doc":"Taxes not contained in the prices, in minor units of the currency (cents, pence); exact, |value| <= 4.5e15; 0 when prices contain them.","default":0}]}',
  },
]
