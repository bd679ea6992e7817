import type { RefundReceived } from '@interchange/contracts'
import { z } from 'zod'
import { nullableText, shopAmount, shopCurrency, shopId, shopQuantity, shopText, shopTime } from './shop-fields.ts'

const refundLine = z.object({
  line_item_id: shopId,
  quantity: shopQuantity,
  restock_type: shopText(40),
  subtotal: shopAmount,
  total_tax: shopAmount,
  subtotal_set: z.object({ shop_money: z.object({ currency_code: shopCurrency }) }).nullish(),
  line_item: z.object({ sku: nullableText(100) }).nullish(),
})

const transaction = z.object({
  id: shopId,
  kind: shopText(40),
  status: shopText(40),
  amount: shopAmount,
})

/** What we read of the body of `refunds/create`. */
export const refundBody = z.object({
  id: shopId,
  order_id: shopId,
  created_at: shopTime,
  note: nullableText(5_000),
  restock: z.boolean().nullish(),
  refund_line_items: z.array(refundLine).max(5_000),
  transactions: z.array(transaction).max(1_000).nullish(),
})

/** The refund in our words, nothing interpreted. */
export const refundReceivedFrom = (refund: z.infer<typeof refundBody>): RefundReceived => ({
  refundId: String(refund.id),
  orderId: String(refund.order_id),
  createdAt: refund.created_at,
  note: refund.note ?? null,
  restock: refund.restock ?? false,
  currency: refund.refund_line_items[0]?.subtotal_set?.shop_money.currency_code ?? null,
  lines: refund.refund_line_items.map((line) => ({
    lineItemId: String(line.line_item_id),
    sku: line.line_item?.sku ?? null,
    quantity: line.quantity,
    restockType: line.restock_type,
    subtotal: String(line.subtotal),
    totalTax: String(line.total_tax),
  })),
  transactions: (refund.transactions ?? []).map((moved) => ({
    transactionId: String(moved.id),
    kind: moved.kind,
    status: moved.status,
    amount: String(moved.amount),
  })),
})
