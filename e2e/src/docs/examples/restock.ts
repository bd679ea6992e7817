import { type RefundIssued, stockAdjusted, timestampMillis } from '@interchange/contracts'
import { type HandlerContext, type Outgoing, outgoing } from '@interchange/messaging'

/** Units that a refund puts back on the shelf. */
export interface Restocked {
  readonly refundId: string
  readonly units: number
}

/** Writes down what came back, and tells whoever wants to know of stock: both, or neither. */
export const restock = (refund: RefundIssued, { timeMs }: HandlerContext): readonly (Restocked | Outgoing)[] => {
  const lines = refund.lines.flatMap(({ sku, quantity, restocked }) =>
    restocked && sku !== null ? [{ sku, quantityDelta: quantity, reason: 'refund' }] : [],
  )
  if (lines.length === 0) return []
  return [
    { refundId: refund.refundId, units: lines.reduce((units, { quantityDelta }) => units + quantityDelta, 0) },
    outgoing(stockAdjusted, {
      adjustmentId: `refund-${refund.refundId}`,
      adjustedAt: timestampMillis(timeMs),
      lines,
    }),
  ]
}
