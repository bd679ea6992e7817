/** What a message changes in the warehouse. Every change adds; none reads, so that they commute in any order. */
export type WarehouseEffect = Reservation | Movement

/** An order's claim on stock. */
export interface Reservation {
  readonly kind: 'reservation'
  readonly orderId: string
  readonly messageId: string
  readonly recipientName: string | null
  readonly countryCode: string
  readonly placedAtMs: number
  readonly lineCount: number
  readonly units: number
  readonly stock: readonly StockChange[]
}

/** Any other document that moves stock. */
export interface Movement {
  readonly kind: 'movement'
  readonly cause: 'cancellation' | 'refund' | 'adjustment'
  readonly documentId: string
  readonly messageId: string
  /** The order it belongs to; null when the source names none. */
  readonly orderId: string | null
  readonly movedAtMs: number
  readonly stock: readonly StockChange[]
}

/** Units to add to the levels of one SKU; either may be negative. */
export interface StockChange {
  readonly sku: string
  readonly onHand: number
  readonly reserved: number
}

/** The changes of many documents as one per SKU, sorted by SKU so that concurrent batches lock in one order. */
export const stockTotals = (effects: readonly WarehouseEffect[]): readonly StockChange[] => {
  const totals = new Map<string, { sku: string; onHand: number; reserved: number }>()
  for (const { stock } of effects) {
    for (const { sku, onHand, reserved } of stock) {
      const total = totals.get(sku)
      if (total === undefined) totals.set(sku, { sku, onHand, reserved })
      else {
        total.onHand += onHand
        total.reserved += reserved
      }
    }
  }
  return [...totals.values()].sort((a, b) => (a.sku < b.sku ? -1 : 1))
}
