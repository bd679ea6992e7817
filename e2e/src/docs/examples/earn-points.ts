import type { OrderPlaced } from '@interchange/contracts'
import { rejected } from '@interchange/messaging'

/** What one order does to a customer's account. */
export interface Points {
  readonly orderId: string
  readonly customerRef: string
  readonly points: number
}

/** A point for each whole unit of currency; a guest earns none. */
export const earnPoints = (order: OrderPlaced): Points | undefined => {
  if (order.customerRef === null) return undefined
  if (order.totalMinor < 0) throw rejected('an order cannot take points away', { totalMinor: order.totalMinor })
  return { orderId: order.orderId, customerRef: order.customerRef, points: Math.floor(order.totalMinor / 100) }
}
