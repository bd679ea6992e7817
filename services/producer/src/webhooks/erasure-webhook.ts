import { type ShopErasureRequested, timestampMillis } from '@interchange/contracts'
import { z } from 'zod'
import { nullableText, shopId, shopText } from './shop-fields.ts'

/** What we read of the body of `customers/redact`. */
export const erasureBody = z.object({
  shop_id: shopId,
  shop_domain: shopText(255),
  customer: z.object({ id: shopId, email: nullableText(320), phone: nullableText(60) }),
  orders_to_redact: z.array(shopId).max(50_000).nullish(),
})

/** The request in our words. `firstSeenMs` stands for its time, because the source sends none; it is the same on every retry. */
export const erasureRequestedFrom = (
  request: z.infer<typeof erasureBody>,
  firstSeenMs: number,
): ShopErasureRequested => ({
  customerId: String(request.customer.id),
  shopId: String(request.shop_id),
  shopDomain: request.shop_domain,
  email: request.customer.email ?? null,
  phone: request.customer.phone ?? null,
  ordersToRedact: (request.orders_to_redact ?? []).map(String),
  receivedAt: timestampMillis(firstSeenMs),
})
