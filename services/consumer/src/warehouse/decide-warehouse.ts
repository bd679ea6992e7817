import type { OrderCancelled, OrderPlaced, RefundIssued, StockAdjusted } from '@interchange/contracts'
import { type HandlerContext, rejected } from '@interchange/messaging'
import type { Movement, Reservation, StockChange } from './warehouse-effect.ts'

/** Most units that one position may move: what is beyond it is a broken source, not a large order. */
export const lineUnitsMax = 1_000_000_000

type Handled = Pick<HandlerContext, 'messageId'>

/** An order reserves what it names, in stock or not: a negative availability is a back-order. */
export const reserveOrder = (order: OrderPlaced, { messageId }: Handled): Reservation => {
  const stock = order.lines.map(({ sku, quantity }) => ({ sku, onHand: 0, reserved: unitsOf(sku, quantity) }))
  atLeastOne(stock)
  return {
    kind: 'reservation',
    orderId: order.orderId,
    messageId,
    recipientName: order.recipientName,
    countryCode: order.countryCode,
    placedAtMs: order.placedAt,
    lineCount: stock.length,
    units: sum(stock.map(({ reserved }) => reserved)),
    stock,
  }
}

/** A cancellation frees what the order it names has reserved; where it names none, the goods have come back. */
export const cancelOrder = (cancellation: OrderCancelled, { messageId }: Handled): Movement => {
  const named = cancellation.originalOrderRef !== null
  const stock = cancellation.lines.map(({ sku, quantity }) => {
    const units = unitsOf(sku, quantity)
    return named ? { sku, onHand: 0, reserved: -units } : { sku, onHand: units, reserved: 0 }
  })
  atLeastOne(stock)
  return {
    kind: 'movement',
    cause: 'cancellation',
    documentId: cancellation.cancellationId,
    messageId,
    orderId: cancellation.originalOrderRef,
    movedAtMs: cancellation.cancelledAt,
    stock,
  }
}

/** A refund puts back on the shelf what its positions say; money alone moves no stock. */
export const restockRefund = (refund: RefundIssued, { messageId }: Handled): Movement => ({
  kind: 'movement',
  cause: 'refund',
  documentId: refund.refundId,
  messageId,
  orderId: refund.orderId,
  movedAtMs: refund.issuedAt,
  stock: refund.lines.flatMap(({ sku, quantity, restocked }) =>
    restocked && sku !== null ? [{ sku, onHand: unitsOf(sku, quantity), reserved: 0 }] : [],
  ),
})

/** A correction of what lies on the shelf. */
export const adjustStock = (adjustment: StockAdjusted, { messageId }: Handled): Movement => {
  const stock = adjustment.lines.map(({ sku, quantityDelta }) => {
    unitsOf(sku, Math.abs(quantityDelta))
    return { sku, onHand: quantityDelta, reserved: 0 }
  })
  atLeastOne(stock)
  return {
    kind: 'movement',
    cause: 'adjustment',
    documentId: adjustment.adjustmentId,
    messageId,
    orderId: null,
    movedAtMs: adjustment.adjustedAt,
    stock,
  }
}

const unitsOf = (sku: string, quantity: number): number => {
  if (sku === '') throw rejected('A position names no SKU.')
  if (quantity < 1 || quantity > lineUnitsMax)
    throw rejected('A position must move between 1 and a billion units.', { sku, quantity, lineUnitsMax })
  return quantity
}

const atLeastOne = (stock: readonly StockChange[]): void => {
  if (stock.length === 0) throw rejected('The document has no positions.')
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
