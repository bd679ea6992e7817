import { type Clock, InterchangeError } from '@interchange/messaging'
import type avro from 'avsc'
import { parseSchema } from './parse-schema.ts'
import { createQuestionPace } from './question-pace.ts'
import type { SchemaSource } from './registry-client.ts'
import { type ByteScan, compileScan, type ScanLimits } from './scan-bytes.ts'

/** A schema that somebody wrote with: its type, and the check its bytes pass before they are decoded. */
export interface WriterSchema {
  readonly type: avro.Type
  readonly scan: ByteScan
}

/** Writer schemas by id, bounded; what is unusable is remembered for a while, what is unreachable is not. */
export interface WriterSchemas {
  get(id: number): WriterSchema | undefined
  /** Why the id is refused for now, undefined when nothing is known against it. Makes a new error at each call. */
  refusal(id: number): InterchangeError | undefined
  /** Brings the schema, once however many ask. Rejects with class `outage` or `contract`. */
  load(id: number): Promise<WriterSchema>
  /** Takes a text that is known already. */
  learn(id: number, text: string): WriterSchema
}

/** What the cache needs. */
export interface WriterSchemasOptions {
  readonly source: SchemaSource
  readonly clock: Clock
  readonly limits: ScanLimits
  readonly unknownTtlMs: number
  /** Questions a second that come to nothing. */
  readonly unknownPerSecondMax: number
  readonly idsMax: number
}

/** Sets an entry and drops the oldest one beyond `entriesMax`. */
export const setBounded = <Key, Value>(map: Map<Key, Value>, key: Key, value: Value, entriesMax: number): void => {
  map.delete(key)
  map.set(key, value)
  if (map.size > entriesMax) for (const oldest of map.keys()) return void map.delete(oldest)
}

const compile = (id: number, text: string, limits: ScanLimits): WriterSchema => {
  try {
    const type = parseSchema(text)
    return { type, scan: compileScan(type, limits) }
  } catch (cause) {
    throw new InterchangeError('ICX_AVRO_SCHEMA_UNUSABLE', `schema ${id} cannot be used as Avro`, {
      class: 'contract',
      cause,
      facts: { schemaId: id },
    })
  }
}

const again = (error: InterchangeError): InterchangeError =>
  new InterchangeError(error.code, error.message, {
    class: error.failureClass,
    facts: error.facts,
    ...(error.cause !== undefined && { cause: error.cause }),
  })

/** Creates the cache of writer schemas in front of a source. */
export const createWriterSchemas = (options: WriterSchemasOptions): WriterSchemas => {
  const { source, clock, limits, unknownTtlMs, unknownPerSecondMax, idsMax } = options
  const pace = createQuestionPace(clock, unknownPerSecondMax)
  const known = new Map<number, WriterSchema>()
  const refused = new Map<number, { readonly error: InterchangeError; readonly untilMs: number }>()
  const loading = new Map<number, Promise<WriterSchema>>()

  const refuse = (id: number, error: unknown): void => {
    if (!(error instanceof InterchangeError) || error.failureClass !== 'contract') return
    setBounded(refused, id, { error, untilMs: clock.now() + unknownTtlMs }, idsMax)
  }

  const learn = (id: number, text: string): WriterSchema => {
    const schema = compile(id, text, limits)
    refused.delete(id)
    setBounded(known, id, schema, idsMax)
    return schema
  }

  const fetchOnce = async (id: number): Promise<WriterSchema> => {
    try {
      return learn(id, await pace.ask(() => source.schemaText(id)))
    } catch (error) {
      refuse(id, error)
      throw error
    } finally {
      loading.delete(id)
    }
  }

  return {
    get: (id) => known.get(id),
    refusal(id) {
      const entry = refused.get(id)
      return entry !== undefined && clock.now() < entry.untilMs ? again(entry.error) : undefined
    },
    learn,
    load(id) {
      const current = loading.get(id)
      if (current !== undefined) return current
      const promise = fetchOnce(id)
      loading.set(id, promise)
      return promise
    },
  }
}
