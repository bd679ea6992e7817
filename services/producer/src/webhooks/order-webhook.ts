import type { OrderReceived } from '@interchange/contracts'
import { z } from 'zod'
import {
  narrowAddress,
  nullableText,
  shopAddress,
  shopAmount,
  shopCurrency,
  shopId,
  shopQuantity,
  shopTime,
} from './shop-fields.ts'

const lineItem = z.object({
  id: shopId,
  sku: nullableText(100),
  title: nullableText(),
  quantity: shopQuantity,
  price: shopAmount,
  total_discount: shopAmount.nullish(),
})

/** What we read of the body of `orders/create`. */
export const orderBody = z.object({
  id: shopId,
  name: nullableText(100),
  created_at: shopTime,
  cancelled_at: shopTime.nullish(),
  source_name: nullableText(100),
  test: z.boolean().nullish(),
  currency: shopCurrency,
  email: nullableText(320),
  customer: z.object({ id: shopId }).nullish(),
  shipping_address: shopAddress.nullish(),
  billing_address: shopAddress.nullish(),
  line_items: z.array(lineItem).max(5_000),
  total_price: shopAmount,
  total_discounts: shopAmount,
  total_tax: shopAmount,
  taxes_included: z.boolean(),
  total_shipping_price_set: z.object({ shop_money: z.object({ amount: shopAmount }) }).nullish(),
})

/** The order in our words, nothing interpreted. */
export const orderReceivedFrom = (order: z.infer<typeof orderBody>): OrderReceived => ({
  orderId: String(order.id),
  orderName: order.name ?? null,
  createdAt: order.created_at,
  cancelledAt: order.cancelled_at ?? null,
  sourceName: order.source_name ?? null,
  test: order.test ?? false,
  currency: order.currency,
  email: order.email ?? null,
  customerId: order.customer == null ? null : String(order.customer.id),
  shippingAddress: narrowAddress(order.shipping_address),
  billingAddress: narrowAddress(order.billing_address),
  lines: order.line_items.map((line) => ({
    lineId: String(line.id),
    sku: line.sku ?? null,
    title: line.title ?? null,
    quantity: line.quantity,
    price: String(line.price),
    totalDiscount: String(line.total_discount ?? '0.00'),
  })),
  totalPrice: String(order.total_price),
  totalDiscounts: String(order.total_discounts),
  totalTax: String(order.total_tax),
  taxesIncluded: order.taxes_included,
  totalShipping:
    order.total_shipping_price_set == null ? null : String(order.total_shipping_price_set.shop_money.amount),
})
