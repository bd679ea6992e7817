import { stockAdjusted, timestampMillis } from '@interchange/contracts'
import type { Published, Publisher } from '@interchange/messaging'

/** Resolves when the in-sync replicas have the event; rejects, class `outage`, when they do not answer in time. */
export const reportFound = (publisher: Publisher, sku: string, quantity: number, nowMs: number): Promise<Published> =>
  publisher.publish(stockAdjusted, {
    adjustmentId: `count-${sku}-${nowMs}`,
    adjustedAt: timestampMillis(nowMs),
    lines: [{ sku, quantityDelta: quantity, reason: 'counted' }],
  })
