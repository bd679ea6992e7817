import type { Transaction } from '@interchange/store'
import { type Movement, type Reservation, stockTotals, type WarehouseEffect } from './warehouse-effect.ts'

/**
 * Writes the effects of a batch in at most three statements. Order and cancellation insert rows of their own and stock
 * only adds, so that the order of their arrival does not matter. The primary keys refuse a document that comes twice
 * under two message ids.
 */
export const applyWarehouse = async (tx: Transaction, effects: readonly WarehouseEffect[]): Promise<void> => {
  await insertReservations(
    tx,
    effects.filter((effect) => effect.kind === 'reservation'),
  )
  await insertMovements(
    tx,
    effects.filter((effect) => effect.kind === 'movement'),
  )
  await addStock(tx, effects)
}

const insertReservations = async (tx: Transaction, reservations: readonly Reservation[]): Promise<void> => {
  if (reservations.length === 0) return
  await tx.query(
    `INSERT INTO reservation (order_id, message_id, recipient_name, country_code, placed_at, line_count, units)
     SELECT order_id, message_id, recipient_name, country_code, to_timestamp(placed_at_ms / 1000.0), line_count, units
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::integer[], $7::bigint[])
       AS added (order_id, message_id, recipient_name, country_code, placed_at_ms, line_count, units)
     ORDER BY order_id`,
    [
      reservations.map(({ orderId }) => orderId),
      reservations.map(({ messageId }) => messageId),
      reservations.map(({ recipientName }) => recipientName),
      reservations.map(({ countryCode }) => countryCode),
      reservations.map(({ placedAtMs }) => placedAtMs),
      reservations.map(({ lineCount }) => lineCount),
      reservations.map(({ units }) => units),
    ],
  )
}

const insertMovements = async (tx: Transaction, movements: readonly Movement[]): Promise<void> => {
  if (movements.length === 0) return
  await tx.query(
    `INSERT INTO movement (cause, document_id, message_id, order_id, moved_at, on_hand_units, reserved_units)
     SELECT cause, document_id, message_id, order_id, to_timestamp(moved_at_ms / 1000.0), on_hand_units, reserved_units
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[])
       AS added (cause, document_id, message_id, order_id, moved_at_ms, on_hand_units, reserved_units)
     ORDER BY cause, document_id`,
    [
      movements.map(({ cause }) => cause),
      movements.map(({ documentId }) => documentId),
      movements.map(({ messageId }) => messageId),
      movements.map(({ orderId }) => orderId),
      movements.map(({ movedAtMs }) => movedAtMs),
      movements.map(({ stock }) => stock.reduce((units, { onHand }) => units + onHand, 0)),
      movements.map(({ stock }) => stock.reduce((units, { reserved }) => units + reserved, 0)),
    ],
  )
}

const addStock = async (tx: Transaction, effects: readonly WarehouseEffect[]): Promise<void> => {
  const totals = stockTotals(effects)
  if (totals.length === 0) return
  await tx.query(
    `INSERT INTO stock AS level (sku, on_hand, reserved)
     SELECT sku, on_hand, reserved
     FROM unnest($1::text[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS added (sku, on_hand, reserved, place)
     ORDER BY place
     ON CONFLICT (sku) DO UPDATE
       SET on_hand = level.on_hand + excluded.on_hand, reserved = level.reserved + excluded.reserved`,
    [totals.map(({ sku }) => sku), totals.map(({ onHand }) => onHand), totals.map(({ reserved }) => reserved)],
  )
}
