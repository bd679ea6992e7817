import { z } from 'zod'
import type { AcceptedEvent } from '../claims/publish-event.ts'
import type { ImportStatus } from '../imports/import-status.ts'
import type { EventStatus } from '../progress/event-status.ts'

const eventId = z.uuid().meta({ description: 'Id of the event, `ce_id` in Kafka.' })
const correlationId = z.string().meta({ description: 'Names the conversation, `ce_correlationid` in Kafka.' })
const instant = z.iso.datetime()
const place = { topic: z.string(), partition: z.int(), offset: z.int(), at: instant }

/** Answer to a webhook. */
export const acceptedEventSchema = z.object({
  eventId,
  correlationId,
  status: z.literal('published'),
  duplicate: z.boolean().meta({ description: 'The event id was seen before, with this content.' }),
}) satisfies z.ZodType<AcceptedEvent>

/** An import. */
export const importStatusSchema = z.object({
  id: z.uuid(),
  state: z.enum(['queued', 'running', 'done', 'failed']),
  bytesTotal: z.int().meta({ description: 'Unpacked size of the file.' }),
  bytesRead: z.int().meta({ description: 'Everything before this byte is published or rejected.' }),
  linesTotal: z.int().nullable().meta({ description: 'Null until the first pass over the file is through.' }),
  linesRead: z.int(),
  invoicesPublished: z.int(),
  invoicesDuplicate: z.int().meta({ description: 'Published by an earlier import, with the same content.' }),
  invoicesRejected: z.int(),
  linesRejected: z.int(),
  linesPerSecond: z.int().nullable(),
  createdAt: instant,
  startedAt: instant.nullable(),
  finishedAt: instant.nullable(),
  rejects: z.string().meta({ description: 'Where the reject file is.' }),
  error: z.object({ code: z.string(), detail: z.string().nullable() }).nullable(),
}) satisfies z.ZodType<ImportStatus>

/** An event's way so far. */
export const eventStatusSchema = z.object({
  eventId,
  correlationId,
  source: z.string(),
  naturalKey: z.string(),
  state: z.enum(['accepted', 'published', 'transformed', 'dead-lettered', 'resolved']),
  acceptedAt: instant,
  published: z.object(place).nullable(),
  canonical: z.array(z.object({ eventId, ...place })),
  outcomes: z.array(
    z.object({
      messageId: z.string(),
      group: z.string(),
      topic: z.string(),
      outcome: z.string(),
      code: z.string().nullable(),
      failureClass: z.string().nullable(),
      replayId: z.string().nullable(),
      attempts: z.int(),
      at: instant,
    }),
  ),
}) satisfies z.ZodType<EventStatus>

/** RFC 9457, for every refusal. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string().meta({ description: 'One of the codes of docs/reference/errors.md.' }),
  detail: z.string().optional(),
  instance: z.string().optional(),
  correlationId: z.string().optional(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
})
