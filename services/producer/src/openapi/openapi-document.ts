import { z } from 'zod'
import { type ShopTopic, shopTopics } from '../webhooks/shop-topics.ts'
import { acceptedEventSchema, eventStatusSchema, importStatusSchema, problemSchema } from './response-schemas.ts'

type Json = Readonly<Record<string, unknown>>

const jsonSchema = (schema: z.ZodType): Json => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' })
  return rest
}

const reference = (name: string): Json => ({ $ref: `#/components/schemas/${name}` })

const answers = (description: string, name: string, headers?: Json): Json => ({
  description,
  ...(headers !== undefined && { headers }),
  content: { 'application/json': { schema: reference(name) } },
})

const refusals: Readonly<Record<string, string>> = {
  '400': 'The body or a header cannot be read.',
  '401': 'No valid signature or token.',
  '404': 'There is nothing at this address, or the topic is not taken.',
  '408': 'The body took too long to arrive.',
  '409': 'The id was seen before with other content.',
  '413': 'The body is too large.',
  '415': 'The content type or encoding is not taken.',
  '422': 'The body is readable, but not what it should be; `errors` says where.',
  '429': 'Too many requests; see Retry-After.',
  '503': 'Nothing was accepted; see Retry-After, and send the same again.',
}

const refused = (...statuses: readonly string[]): Json =>
  Object.fromEntries(
    statuses.map((status) => [
      status,
      { description: refusals[status], content: { 'application/problem+json': { schema: reference('Problem') } } },
    ]),
  )

const header = (name: string, required: boolean, description: string): Json => ({
  name,
  in: 'header',
  required,
  description,
  schema: { type: 'string' },
})

const id = (description: string): Json => ({
  name: 'id',
  in: 'path',
  required: true,
  description,
  schema: { type: 'string', format: 'uuid' },
})

const correlation = header('X-Correlation-Id', false, 'Names the conversation: 1 to 128 of A-Z a-z 0-9 . _ : -')

const webhookOperation = ({ name, summary, body, topic }: ShopTopic): Json => ({
  post: {
    operationId: `receive-${name.replace('/', '-')}`,
    summary,
    description: `Published on \`${topic.name}\`. Fields that are not listed are ignored.`,
    parameters: [
      header('X-Shopify-Hmac-Sha256', true, 'Base64 of HMAC-SHA256 over the raw body.'),
      header('X-Shopify-Event-Id', false, "The sender's id of the event; this or X-Shopify-Webhook-Id is required."),
      header('X-Shopify-Webhook-Id', false, 'Stands for the event id where there is none.'),
      header('X-Shopify-Shop-Domain', false, 'The shop.'),
      correlation,
    ],
    requestBody: { required: true, content: { 'application/json': { schema: jsonSchema(body) } } },
    responses: {
      '202': answers('Kafka has the event.', 'AcceptedEvent'),
      ...refused('400', '401', '404', '408', '409', '413', '415', '422', '429', '503'),
    },
  },
})

const bearer = [{ bearer: [] }]

const receiveImport: Json = {
  operationId: 'receive-import',
  summary: 'Takes a retail export in as a job.',
  description:
    'Columns: InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country. UTF-8.',
  security: bearer,
  parameters: [
    header('Idempotency-Key', true, 'The same key with the same body is the same job.'),
    header('Content-Encoding', false, 'gzip, or none.'),
  ],
  requestBody: { required: true, content: { 'text/csv': { schema: { type: 'string' } } } },
  responses: {
    '200': answers('The job was there already.', 'ImportStatus'),
    '202': answers('The file is on disk and will be imported.', 'ImportStatus', {
      Location: { description: 'The status resource.', schema: { type: 'string' } },
    }),
    ...refused('400', '401', '408', '413', '415', '422', '429', '503'),
  },
}

const importStatus: Json = {
  operationId: 'import-status',
  summary: 'How far an import is.',
  security: bearer,
  parameters: [id('The import.')],
  responses: { '200': answers('The import.', 'ImportStatus'), ...refused('401', '404', '429', '503') },
}

const importRejects: Json = {
  operationId: 'import-rejects',
  summary: 'The lines that were not taken: line number, reason, original text.',
  security: bearer,
  parameters: [id('The import.')],
  responses: {
    '200': { description: 'The reject file.', content: { 'text/csv': { schema: { type: 'string' } } } },
    ...refused('401', '404', '429', '503'),
  },
}

const eventStatus: Json = {
  operationId: 'event-status',
  summary: 'How far an event got.',
  parameters: [id('The event.')],
  responses: { '200': answers('The event.', 'EventStatus'), ...refused('404', '503') },
}

/** The HTTP side of this service, OpenAPI 3.1. Committed as `openapi.json`; a test holds the two together. */
export const openapiDocument: Json = {
  openapi: '3.1.0',
  info: { title: 'Interchange producer', version: '0.1.0', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
  paths: {
    ...Object.fromEntries(shopTopics.map((topic) => [`/webhooks/shop/${topic.name}`, webhookOperation(topic)])),
    '/imports/retail': { post: receiveImport },
    '/imports/{id}': { get: importStatus },
    '/imports/{id}/rejects': { get: importRejects },
    '/events/{id}': { get: eventStatus },
  },
  components: {
    securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    schemas: {
      AcceptedEvent: jsonSchema(acceptedEventSchema),
      ImportStatus: jsonSchema(importStatusSchema),
      EventStatus: jsonSchema(eventStatusSchema),
      Problem: jsonSchema(problemSchema),
    },
  },
}
