import { orderOf } from '../../bench/dist/kernel/order-event.js'

// Orders as bytes made beforehand, about as long as ours in Avro; the number goes into the first four.
const templates = Array.from({ length: 1_000 }, (_, number) => {
  const order = orderOf(number)
  const value = Buffer.alloc(180, `....${order.orderId}${order.note}${Object.values(order.shipTo).join(' ')}`)
  return { key: Buffer.from(order.customerId), value }
})

/** A message whose value is a copy with `number` in it: bytes, no headers. */
export const messageOf = (number) => {
  const { key, value } = templates[number % templates.length]
  const own = Buffer.from(value)
  own.writeUInt32BE(number)
  return { key, value: own }
}

export const messagesOf = (first, count) => Array.from({ length: count }, (_, index) => messageOf(first + index))
