import { schemaMissing } from '../codec.ts'
import { InterchangeError } from '../failure/failure.ts'
import { isText } from '../record/is-text.ts'
import { noTracing, type Span } from '../tracing.ts'
import { type GroupState, isEnding } from './group-state.ts'
import type { Message } from './message.ts'
import { Superseded } from './superseded.ts'
import { isArchival } from './waiting/held-keys.ts'

/** What becomes of an attempt. */
export interface AttemptResults {
  handled(message: Message, answer: unknown): void
  tombstone(message: Message): void
  superseded(message: Message, what: Superseded): void
  failed(message: Message, thrown: unknown): void
  /** Its partition or the group went away before its handler began. */
  dropped(message: Message): void
}

/** Runs handlers: decode, check, call, deadline. */
export interface Attempts {
  /** Runs one attempt. What it answers at once is settled before this returns. */
  start(message: Message): void
  /** Times out the attempts whose deadline has passed. */
  sweep(): void
  /** Aborts every handler still running. */
  abandonAll(reason: InterchangeError): void
}

export const createAttempts = (state: GroupState, results: AttemptResults): Attempts => {
  const { codec, clock, tracing } = state.options
  const traces = tracing !== noTracing
  /** Attempts that wait for a promise, oldest first. */
  const pending = new Set<Message>()
  const resolving = new Map<string, Promise<void>>()

  const start = (message: Message): void => {
    const { route } = message.owner
    message.stage = 'running'
    message.startedAtMs = clock.now()
    route.running++
    let answer: unknown
    let isPromise: boolean
    try {
      if (traces) message.span ??= tracing.startProcess(message, message.record.headers, message.attempt > 1)
      const value = read(message)
      answer = value === tombstone || value === schemaMissing ? value : call(message, value)
      isPromise =
        typeof answer === 'object' && answer !== null && typeof (answer as { then?: unknown }).then === 'function'
    } catch (error) {
      route.running--
      results.failed(message, error)
      return
    }
    if (isPromise) awaitAnswer(message, answer as PromiseLike<unknown>)
    else if (answer === schemaMissing) awaitSchema(message)
    else {
      route.running--
      if (answer === tombstone) results.tombstone(message)
      else results.handled(message, answer)
    }
  }

  const call = (message: Message, value: unknown): unknown => {
    const { span } = message
    return span === undefined ? message.owner.route.handle(value, message) : callWithin(span, message, value)
  }

  /** Apart from `call`, where its closure would be paid for by every message. */
  const callWithin = (span: Span, message: Message, value: unknown): unknown =>
    span.run(() => message.owner.route.handle(value, message))

  const read = (message: Message): unknown => {
    const { record, owner } = message
    message.requireId()
    if (record.value === null) {
      if (owner.route.skipsTombstones || isArchival(message)) return tombstone
      throw new InterchangeError('ICX_CONTRACT_TOMBSTONE', 'The value is null and this route takes no tombstones.', {
        class: 'contract',
      })
    }
    const value: unknown = codec.decode(owner.route.topic, record.value)
    // A null key claims nothing and is ordered like its partition.
    if (value !== schemaMissing && record.key !== null) checkKey(record.key, owner.route.topic.keyOf(value))
    return value
  }

  const checkKey = (key: Buffer, expected: string): void => {
    if (isText(key, expected)) return
    throw new InterchangeError('ICX_CONTRACT_KEY_MISMATCH', 'The record key is not the key its value says.', {
      class: 'contract',
    })
  }

  const awaitAnswer = (message: Message, answer: PromiseLike<unknown>): void => {
    pending.add(message)
    try {
      answer.then(
        (value) => {
          if (!answered(message)) return
          if (value instanceof Superseded) results.superseded(message, value)
          else results.handled(message, value)
        },
        (error) => answered(message) && results.failed(message, error),
      )
    } catch (error) {
      if (answered(message)) results.failed(message, error)
    }
  }

  /** False for a second answer, and for one after the deadline. */
  const answered = (message: Message): boolean => {
    if (!pending.delete(message)) return false
    message.owner.route.running--
    return true
  }

  const awaitSchema = (message: Message): void => {
    const { value } = message.record
    const { topic } = message.owner.route
    if (value === null || message.schemaAsked) {
      message.owner.route.running--
      results.failed(message, stillMissing())
      return
    }
    message.schemaAsked = true
    const flight = `${topic.name}#${codec.schemaId(value)}`
    let resolved = resolving.get(flight)
    if (resolved === undefined) {
      // Runs in a promise, so that a codec that throws at once looks like one that rejects.
      resolved = Promise.resolve().then(() => codec.resolve(topic, value))
      resolving.set(flight, resolved)
      const forget = (): unknown => resolving.delete(flight)
      resolved.then(forget, forget)
    }
    // Its handler has not begun: a registry that is asked slowly spends none of its time. The codec bounds each question itself.
    message.startedAtMs = Number.POSITIVE_INFINITY
    pending.add(message)
    resolved.then(
      () => {
        if (!answered(message)) return
        if (message.owner.draining || isEnding(state)) results.dropped(message)
        else start(message)
      },
      (error) => answered(message) && results.failed(message, error),
    )
  }

  return {
    start,
    sweep() {
      const nowMs = clock.now()
      for (const message of pending) {
        const { timeoutMs } = message.owner.route
        if (nowMs - message.startedAtMs < timeoutMs) continue
        const error = new InterchangeError('ICX_HANDLER_TIMEOUT', `The handler did not settle in ${timeoutMs} ms.`, {
          class: 'transient',
          facts: { timeoutMs },
        })
        answered(message)
        message.abandon(error)
        results.failed(message, error)
      }
    },
    abandonAll(reason) {
      for (const message of pending) message.abandon(reason)
    },
  }
}

const tombstone = Symbol('tombstone')

const stillMissing = (): InterchangeError =>
  new InterchangeError('ICX_AVRO_SCHEMA_UNKNOWN', 'The codec resolved a schema and still misses it.', {
    class: 'transient',
  })
