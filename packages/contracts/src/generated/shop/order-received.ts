// Generated from schemas/ by `npm run generate`. Do not edit.

import type { SchemaReference } from '@interchange/messaging'

/** An order webhook of the shop, narrowed to what is used. Amounts are decimal strings as written, ids the digits of the JSON text. */
export interface OrderReceived {
  /** Order id: the digits as written (they exceed 2^53, so never a number). */
  readonly orderId: string
  /** The name people see, for example "#9999". */
  readonly orderName: string | null
  /** Creation time as written, ISO 8601 with an offset. */
  readonly createdAt: string
  /** Cancellation time as written; null while the order stands. */
  readonly cancelledAt: string | null
  /** Where the order was made, for example "web" or "pos". */
  readonly sourceName: string | null
  /** True for an order of the shop's test gateway; false also when the field is missing. */
  readonly test: boolean
  /** ISO 4217 code of all amounts. */
  readonly currency: string
  /** E-mail of the order. */
  readonly email: string | null
  /** Customer id as written; null for a guest. */
  readonly customerId: string | null
  /** Where the goods go. */
  readonly shippingAddress: OrderReceivedAddress | null
  /** Who pays. */
  readonly billingAddress: OrderReceivedAddress | null
  /** The line items in their order. */
  readonly lines: readonly OrderReceivedLine[]
  /** What the customer pays. */
  readonly totalPrice: string
  /** All discounts of the order. */
  readonly totalDiscounts: string
  /** All taxes of the order. */
  readonly totalTax: string
  /** True when prices contain the taxes. */
  readonly taxesIncluded: boolean
  /** Shipping in the shop's currency; null when the source says nothing. */
  readonly totalShipping: string | null
}

/** An address as the shop wrote it; a field that is null or missing there is null here. */
export interface OrderReceivedAddress {
  /** Full name. */
  readonly name: string | null
  /** First name. */
  readonly firstName: string | null
  /** Last name. */
  readonly lastName: string | null
  /** Company. */
  readonly company: string | null
  /** First line. */
  readonly address1: string | null
  /** Second line. */
  readonly address2: string | null
  /** City. */
  readonly city: string | null
  /** Province or state, in words. */
  readonly province: string | null
  /** Province or state, as a code. */
  readonly provinceCode: string | null
  /** Postal code. */
  readonly zip: string | null
  /** Country, in words or as a code. */
  readonly country: string | null
  /** Country as ISO 3166-1 alpha-2. */
  readonly countryCode: string | null
}

/** One line item. */
export interface OrderReceivedLine {
  /** Line item id as written. */
  readonly lineId: string
  /** Stock keeping unit; null when the product has none. */
  readonly sku: string | null
  /** Title of the product. */
  readonly title: string | null
  /** Quantity ordered. */
  readonly quantity: number
  /** Price of one unit. */
  readonly price: string
  /** Discount on the whole line; "0.00" also when missing. */
  readonly totalDiscount: string
}

/** Every version of `io.interchange.shop.OrderReceived`, oldest first. */
export const orderReceivedVersions: readonly [SchemaReference, ...SchemaReference[]] = [
  {
    subject: 'shop.order-received.v1-value',
    recordName: 'io.interchange.shop.OrderReceived',
    version: 1,
    text: '{"type":"record","name":"OrderReceived","namespace":"io.interchange.shop","doc":"An order webhook of the shop, narrowed to what is used. Amounts are decimal strings as written, ids the digits of the JSON text.","fields":[{"name":"orderId","type":"string","doc":"Order id: the digits as written (they exceed 2^53, so never a number)."},{"name":"orderName","type":["null","string"],"default":null,"doc":"The name people see, for example \\"#9999\\"."},{"name":"createdAt","type":"string","doc":"Creation time as written, ISO 8601 with an offset."},{"name":"cancelledAt","type":["null","string"],"default":null,"doc":"Cancellation time as written; null while the order stands."},{"name":"sourceName","type":["null","string"],"default":null,"doc":"Where the order was made, for example \\"web\\" or \\"pos\\"."},{"name":"test","type":"boolean","doc":"True for an order of the shop\'s test gateway; false also when the field is missing.","default":false},{"name":"currency","type":"string","doc":"ISO 4217 code of all amounts."},{"name":"email","type":["null","string"],"default":null,"doc":"E-mail of the order."},{"name":"customerId","type":["null","string"],"default":null,"doc":"Customer id as written; null for a guest."},{"name":"shippingAddress","type":["null",{"type":"record","name":"OrderReceivedAddress","doc":"An address as the shop wrote it; a field that is null or missing there is null here.","fields":[{"name":"name","type":["null","string"],"default":null,"doc":"Full name."},{"name":"firstName","type":["null","string"],"default":null,"doc":"First name."},{"name":"lastName","type":["null","string"],"default":null,"doc":"Last name."},{"name":"company","type":["null","string"],"default":null,"doc":"Company."},{"name":"address1","type":["null","string"],"default":null,"doc":"First line."},{"name":"address2","type":["null","string"],"default":null,"doc":"Second line."},{"name":"city","type":["null","string"],"default":null,"doc":"City."},{"name":"province","type":["null","string"],"default":null,"doc":"Province or state, in words."},{"name":"provinceCode","type":["null","string"],"default":null,"doc":"Province or state, as a code."},{"name":"zip","type":["null","string"],"default":null,"doc":"Postal code."},{"name":"country","type":["null","string"],"default":null,"doc":"Country, in words or as a code."},{"name":"countryCode","type":["null","string"],"default":null,"doc":"Country as ISO 3166-1 alpha-2."}]}],"default":null,"doc":"Where the goods go."},{"name":"billingAddress","type":["null","OrderReceivedAddress"],"default":null,"doc":"Who pays."},{"name":"lines","type":{"type":"array","items":{"type":"record","name":"OrderReceivedLine","doc":"One line item.","fields":[{"name":"lineId","type":"string","doc":"Line item id as written."},{"name":"sku","type":["null","string"],"default":null,"doc":"Stock keeping unit; null when the product has none."},{"name":"title","type":["null","string"],"default":null,"doc":"Title of the product."},{"name":"quantity","type":"long","doc":"Quantity ordered."},{"name":"price","type":"string","doc":"Price of one unit."},{"name":"totalDiscount","type":"string","doc":"Discount on the whole line; \\"0.00\\" also when missing.","default":"0.00"}]}},"doc":"The line items in their order."},{"name":"totalPrice","type":"string","doc":"What the customer pays."},{"name":"totalDiscounts","type":"string","doc":"All discounts of the order."},{"name":"totalTax","type":"string","doc":"All taxes of the order."},{"name":"taxesIncluded","type":"boolean","doc":"True when prices contain the taxes."},{"name":"totalShipping","type":["null","string"],"default":null,"doc":"Shipping in the shop\'s currency; null when the source says nothing."}]}',
  },
]
