import type { IncomingHttpHeaders } from 'node:http'
import type { AcceptedEvent, PublishEvent } from '../claims/publish-event.ts'
import { ProblemError } from '../http/problem.ts'
import { hmacMatches } from './hmac.ts'
import { parseJsonLosslessly } from './lossless-json.ts'
import { shopTopics } from './shop-topics.ts'

/** Headers the shop sends (its documentation, "HTTPS webhooks"). */
export const shopHeaders = {
  hmac: 'x-shopify-hmac-sha256',
  topic: 'x-shopify-topic',
  eventId: 'x-shopify-event-id',
  webhookId: 'x-shopify-webhook-id',
  shopDomain: 'x-shopify-shop-domain',
} as const

const shopOf = (headers: IncomingHttpHeaders): string => textOf(headers, shopHeaders.shopDomain) ?? 'unknown'

export interface WebhookTools {
  readonly publishEvent: PublishEvent
  readonly secret: string
  /** Counts a signed request of a shop; rejects when it sends too many. */
  readonly admit: (shop: string) => Promise<void>
}

/**
 * Checks, reads and publishes one webhook: signature over the raw bytes first, then everything else. Rejects with a problem.
 */
export const receiveWebhook = async (
  tools: WebhookTools,
  topicName: string,
  headers: IncomingHttpHeaders,
  body: Buffer,
  correlationId: string,
): Promise<AcceptedEvent> => {
  if (!hmacMatches(tools.secret, body, textOf(headers, shopHeaders.hmac))) {
    throw new ProblemError(401, 'ICX_HTTP_UNAUTHENTICATED', `${shopHeaders.hmac} is not the signature of this body.`)
  }
  await tools.admit(shopOf(headers))
  const topic = shopTopics.find(({ name }) => name === topicName)
  if (topic === undefined) {
    const known = shopTopics.map(({ name }) => name).join(', ')
    throw new ProblemError(404, 'ICX_HTTP_NOT_FOUND', `This shop topic is not taken; taken are ${known}.`)
  }
  const said = textOf(headers, shopHeaders.topic)
  if (said !== undefined && said !== topicName) {
    throw new ProblemError(400, 'ICX_HTTP_MALFORMED', `${shopHeaders.topic} is not the topic of the address.`)
  }
  const event = topic.read(parseJsonLosslessly(body))
  return tools.publishEvent({
    source: 'shop',
    naturalKey: `${shopOf(headers)}/${topicName}/${senderEventId(headers)}`,
    topicName: topic.topic.name,
    body,
    correlationId,
    at: event,
  })
}

/** The sender's id of the event. One event may go out on several topics, so the topic is part of the natural key. */
const senderEventId = (headers: IncomingHttpHeaders): string => {
  const id = textOf(headers, shopHeaders.eventId) ?? textOf(headers, shopHeaders.webhookId)
  if (id === undefined) {
    throw new ProblemError(
      400,
      'ICX_HTTP_MALFORMED',
      `${shopHeaders.eventId} or ${shopHeaders.webhookId} is required: 1 to 200 printable characters.`,
    )
  }
  return id
}

const textOf = (headers: IncomingHttpHeaders, name: string): string | undefined => {
  const value = headers[name]
  return typeof value === 'string' && /^[\x21-\x7e]{1,200}$/.test(value) ? value : undefined
}
