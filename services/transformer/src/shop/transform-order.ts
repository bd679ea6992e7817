import {
  type OrderPlacedLine,
  type OrderReceived,
  type OrderReceivedAddress,
  orderCancelled,
  orderPlaced,
  type SalesChannel,
} from '@interchange/contracts'
import { type Outgoing, outgoing, rejected } from '@interchange/messaging'
import { addressCountry } from '../addresses/billing-address.ts'
import type { Countries } from '../countries/countries.ts'
import { exponentOf } from '../money/currency.ts'
import { exactMinorOf, millsOf, minorOf, sumOf } from '../money/decimal.ts'
import { fullName, presentText } from '../names/full-name.ts'
import { isoInstant } from '../time/iso-instant.ts'

/** What becomes of an order of the shop's test gateway: nobody owes money for it. */
export type TestOrders = 'skip' | 'accept'

/**
 * `sales.order-placed` for one order webhook, and `sales.order-cancelled` behind it where the order is cancelled already;
 * nothing for a test order unless they are accepted. Throws class `poison` for what cannot be stated honestly.
 */
export const transformOrder = (
  order: OrderReceived,
  countries: Countries,
  testOrders: TestOrders,
): readonly Outgoing[] => {
  if (order.test && testOrders === 'skip') return []
  const positions = positionsOf(order)
  const placement = placed(order, positions, countries)
  return order.cancelledAt === null
    ? [placement]
    : [placement, cancelled(order, positions, order.cancelledAt, countries)]
}

const placed = (order: OrderReceived, lines: readonly OrderPlacedLine[], countries: Countries): Outgoing => {
  const exponent = exponentOf(order.currency)
  const shippingMinor = exactMinorOf(order.totalShipping ?? '0', exponent)
  const discountMinor = exactMinorOf(order.totalDiscounts, exponent)
  const taxMinor = order.taxesIncluded ? 0 : exactMinorOf(order.totalTax, exponent)
  const totalMinor = sumOf([...lines.map(({ amountMinor }) => amountMinor), shippingMinor, taxMinor, -discountMinor])
  const statedMinor = exactMinorOf(order.totalPrice, exponent)
  // Tips, duties and fees are not in the source event: an order that has them must not be posted short.
  if (totalMinor !== statedMinor)
    throw rejected('positions, shipping, taxes and discounts of an order do not add up to its total', {
      orderId: order.orderId,
      totalMinor,
      statedMinor,
    })
  return outgoing(orderPlaced, {
    orderId: order.orderId,
    source: 'shop',
    placedAt: isoInstant(order.createdAt),
    customerRef: presentText(order.customerId),
    recipientName: recipientName(destination(order)),
    countryCode: countryOf(order, countries),
    currency: order.currency,
    lines,
    totalMinor,
    channel: channels.get(order.sourceName ?? '') ?? 'unknown',
    shippingMinor,
    discountMinor,
    taxMinor,
  })
}

const cancelled = (
  order: OrderReceived,
  positions: readonly OrderPlacedLine[],
  cancelledAt: string,
  countries: Countries,
): Outgoing => {
  const lines = positions.map((line) => ({ ...line, amountMinor: 0 - line.amountMinor }))
  return outgoing(orderCancelled, {
    cancellationId: order.orderId,
    originalOrderRef: order.orderId,
    cancelledAt: isoInstant(cancelledAt),
    countryCode: countryOf(order, countries),
    currency: order.currency,
    lines,
    totalMinor: sumOf(lines.map(({ amountMinor }) => amountMinor)),
  })
}

const positionsOf = ({ orderId, currency, lines }: OrderReceived): readonly OrderPlacedLine[] => {
  const exponent = exponentOf(currency)
  if (lines.length === 0) throw rejected('an order without lines', { orderId })
  return lines.map(({ lineId, sku, title, quantity, price }) => {
    const unitPriceMills = millsOf(price)
    const known = sku?.trim() ?? ''
    if (known === '')
      throw rejected('an order line without a stock keeping unit: give the product one in the shop', {
        orderId,
        lineId,
      })
    if (quantity <= 0) throw rejected('an order line with a quantity below 1', { orderId, lineId, quantity })
    if (unitPriceMills < 0) throw rejected('an order line with a negative price', { orderId, lineId })
    return {
      sku: known,
      description: presentText(title),
      quantity,
      unitPriceMills,
      amountMinor: minorOf(quantity, unitPriceMills, exponent),
    }
  })
}

const channels: ReadonlyMap<string, SalesChannel> = new Map([
  ['web', 'web'],
  ['pos', 'point_of_sale'],
])

/** Where the goods go: the shipping address, or the payer's when the shop has none. */
const destination = ({ shippingAddress, billingAddress }: OrderReceived): OrderReceivedAddress | null =>
  shippingAddress ?? billingAddress

const countryOf = (order: OrderReceived, countries: Countries): string => {
  const address = destination(order)
  if (address === null)
    throw rejected('an order without any address has no destination country', { orderId: order.orderId })
  return addressCountry(address, countries)
}

const recipientName = (address: OrderReceivedAddress | null): string | null =>
  presentText(address?.name) ?? fullName(address?.firstName, address?.lastName) ?? presentText(address?.company)
