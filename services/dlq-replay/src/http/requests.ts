import { type LetterFilter, letterStateNames, type ReplaySelection } from '@interchange/dead-letters'
import { InterchangeError } from '@interchange/messaging'
import { z } from 'zod'
import type { ArchiveOrder, ContinueOrder, ReplayOrder } from '../desk/replay-desk.ts'

const word = z.string().min(1).max(255)
const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))

const filter = {
  group: word.optional(),
  topic: word.optional(),
  cause: word.optional(),
  state: z.enum(letterStateNames).optional(),
  since: instant.optional(),
  key: word.optional(),
  correlation: word.optional(),
  match: word.optional(),
}
const causesQuery = z.strictObject(filter)
const listQuery = z.strictObject({
  ...filter,
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().max(1_024).optional(),
})
const letterQuery = z.strictObject({
  reveal: z.enum(['true', 'false']).default('false'),
  actor: word.default('operator'),
})
const archiveBody = z.strictObject({
  letterIds: z.array(word).min(1).max(10_000).optional(),
  group: word.optional(),
  cause: word.optional(),
  all: z.literal(true).optional(),
  reason: z.string().trim().min(1).max(1_000),
  actor: word.default('operator'),
})
const replayBody = archiveBody.extend({
  ratePerSecondMax: z.number().positive().max(1_000_000).optional(),
  force: z.boolean().default(false),
  acceptReorder: z.boolean().default(false),
})
const continueBody = replayBody.pick({ reason: true, actor: true, ratePerSecondMax: true, acceptReorder: true })

export interface ListRequest {
  readonly filter: LetterFilter
  readonly limit: number
  readonly cursor: string | undefined
}

export const readListRequest = (query: unknown): ListRequest => {
  const { limit, cursor, ...rest } = parsed(listQuery, query)
  return { filter: filterOf(rest), limit, cursor }
}

export const readCausesRequest = (query: unknown): LetterFilter => filterOf(parsed(causesQuery, query))

export const readLetterRequest = (query: unknown): { readonly reveal: boolean; readonly actor: string } => {
  const { reveal, actor } = parsed(letterQuery, query)
  return { reveal: reveal === 'true', actor }
}

export const readReplayRequest = (body: unknown): ReplayOrder => {
  const request = parsed(replayBody, body)
  const { actor, reason, ratePerSecondMax, force, acceptReorder } = request
  return { selection: selectionOf(request), actor, reason, ratePerSecondMax, force, acceptReorder }
}

export const readContinueRequest = (body: unknown): ContinueOrder => {
  const { actor, reason, ratePerSecondMax, acceptReorder } = parsed(continueBody, body)
  return { actor, reason, ratePerSecondMax, acceptReorder }
}

export const readArchiveRequest = (body: unknown): ArchiveOrder => {
  const request = parsed(archiveBody, body)
  const { actor, reason } = request
  return { selection: selectionOf(request), actor, reason }
}

const selectionOf = ({ letterIds, group, cause, all }: z.infer<typeof archiveBody>): ReplaySelection => {
  if (letterIds !== undefined && group === undefined && cause === undefined && all === undefined) return { letterIds }
  if (letterIds === undefined && group !== undefined && cause !== undefined && all === undefined)
    return { group, cause }
  if (letterIds === undefined && group !== undefined && cause === undefined && all === true) return { group, all }
  throw invalid('Give exactly one of: letterIds; group and cause; group and all.')
}

const filterOf = ({ since, correlation, ...rest }: z.infer<typeof causesQuery>): LetterFilter => ({
  ...rest,
  sinceMs: since,
  correlationId: correlation,
})

const parsed = <Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> => {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw invalid(result.error.issues.map(({ path, message }) => `${path.join('.') || 'request'}: ${message}`).join('; '))
}

const invalid = (detail: string): InterchangeError =>
  new InterchangeError('ICX_HTTP_INVALID', detail, { class: 'poison' })
