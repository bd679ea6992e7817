import { customerReceived, orderReceived, refundReceived, shopErasureRequested } from '@interchange/contracts'
import { type AnyTopic, type Outgoing, outgoing, type Topic } from '@interchange/messaging'
import type { z } from 'zod'
import { type FieldProblem, ProblemError } from '../http/problem.ts'
import { customerBody, customerReceivedFrom } from './customer-webhook.ts'
import { erasureBody, erasureRequestedFrom } from './erasure-webhook.ts'
import { orderBody, orderReceivedFrom } from './order-webhook.ts'
import { refundBody, refundReceivedFrom } from './refund-webhook.ts'

/** How one webhook topic of the shop becomes an event of ours. */
export interface ShopTopic {
  readonly name: string
  readonly summary: string
  readonly body: z.ZodType
  readonly topic: AnyTopic
  /** Reads a parsed body. Throws a 422 problem with the path of each field at fault. */
  readonly read: (json: unknown) => (firstSeenMs: number) => Outgoing
}

const shopTopic = <Body, Value>(
  name: string,
  summary: string,
  body: z.ZodType<Body>,
  topic: Topic<Value>,
  narrow: (body: Body, firstSeenMs: number) => Value,
): ShopTopic => ({
  name,
  summary,
  body,
  topic,
  read: (json) => {
    const read = body.safeParse(json)
    if (!read.success) throw invalidBody(read.error)
    return (firstSeenMs) => outgoing(topic, narrow(read.data, firstSeenMs))
  },
})

/** Every webhook topic that is taken; any other is answered 404. */
export const shopTopics: readonly ShopTopic[] = [
  shopTopic('orders/create', 'An order was placed.', orderBody, orderReceived, orderReceivedFrom),
  shopTopic('customers/create', 'A customer registered.', customerBody, customerReceived, customerReceivedFrom),
  shopTopic('customers/update', 'A customer changed.', customerBody, customerReceived, customerReceivedFrom),
  shopTopic('refunds/create', 'Money went back for an order.', refundBody, refundReceived, refundReceivedFrom),
  shopTopic(
    'customers/redact',
    'A person wants to be erased.',
    erasureBody,
    shopErasureRequested,
    erasureRequestedFrom,
  ),
]

const fieldsNamedMax = 20

const invalidBody = (error: z.ZodError): ProblemError => {
  const errors = error.issues.slice(0, fieldsNamedMax).map(
    (issue): FieldProblem => ({
      pointer: issue.path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
      detail: issue.message,
    }),
  )
  const first = errors[0]
  return new ProblemError(422, 'ICX_HTTP_INVALID', `${first?.pointer || 'The body'}: ${first?.detail}.`, { errors })
}
