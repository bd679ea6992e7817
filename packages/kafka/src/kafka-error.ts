import { type ErrorFacts, InterchangeError } from '@interchange/messaging'

/** Broker error types that mean "no, and asking again does not help". */
const refusals = new Set([
  'CLUSTER_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'INCONSISTENT_GROUP_PROTOCOL',
  'INVALID_CONFIG',
  'INVALID_GROUP_ID',
  'INVALID_PARTITIONS',
  'INVALID_RECORD',
  'INVALID_REPLICATION_FACTOR',
  'INVALID_SESSION_TIMEOUT',
  'INVALID_TIMESTAMP',
  'INVALID_TOPIC_EXCEPTION',
  'MESSAGE_TOO_LARGE',
  'POLICY_VIOLATION',
  'RECORD_LIST_TOO_LARGE',
  'SASL_AUTHENTICATION_FAILED',
  'TOPIC_AUTHORIZATION_FAILED',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNSUPPORTED_COMPRESSION_TYPE',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  'UNSUPPORTED_SASL_MECHANISM',
])

/** The broker's refusals that concern one record and not this client. */
const recordRefusals = new Set(['INVALID_RECORD', 'INVALID_TIMESTAMP', 'MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])

/** What kafkajs' wrappers hide: the broker's error type, kafkajs' error name, and the innermost error. */
export const rootOf = (error: unknown): { type: string | undefined; name: string; root: unknown } => {
  let root = error
  let type: string | undefined
  for (let depth = 0; depth < 8; depth++) {
    if (typeof root !== 'object' || root === null) break
    const { type: own, cause } = root as { type?: unknown; cause?: unknown }
    if (type === undefined && typeof own === 'string') type = own
    if (cause === undefined || cause === null || cause === root) break
    root = cause
  }
  return { type, name: root instanceof Error ? root.name : typeof root, root }
}

/** Whether the broker refused for good, so that nothing of the request took effect. */
export const isRefusal = (error: unknown): boolean => {
  const { type, name } = rootOf(error)
  return (type !== undefined && refusals.has(type)) || name === 'KafkaJSSASLAuthenticationError'
}

export const isTooLarge = (error: unknown): boolean => {
  const { type } = rootOf(error)
  return type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE'
}

/**
 * A kafkajs error in our words: `ICX_KAFKA_OFFSET_OUT_OF_RANGE`, `ICX_KAFKA_REFUSED`, `ICX_KAFKA_BATCH_UNREADABLE`, or
 * `ICX_KAFKA_UNAVAILABLE` for everything that may pass. An unknown error code counts as passing (trap K34).
 */
export const kafkaError = (error: unknown, doing: string, facts: ErrorFacts = {}): InterchangeError => {
  if (error instanceof InterchangeError) return error
  const { type, name, root } = rootOf(error)
  const all: ErrorFacts = { ...facts, kafkaError: type ?? name }
  const text = `${doing}: ${root instanceof Error ? root.message : String(root)}`
  if (type === 'OFFSET_OUT_OF_RANGE') {
    return new InterchangeError('ICX_KAFKA_OFFSET_OUT_OF_RANGE', text, { class: 'fatal', cause: error, facts: all })
  }
  if (isRefusal(error)) {
    const failureClass = type !== undefined && recordRefusals.has(type) ? 'contract' : 'fatal'
    return new InterchangeError('ICX_KAFKA_REFUSED', text, { class: failureClass, cause: error, facts: all })
  }
  if (isUnreadable(error)) {
    return new InterchangeError('ICX_KAFKA_BATCH_UNREADABLE', text, { class: 'fatal', cause: error, facts: all })
  }
  return new InterchangeError('ICX_KAFKA_UNAVAILABLE', text, { class: 'outage', cause: error, facts: all })
}

/**
 * Errors of the decoders: retrying meets the same bytes again. Not TypeError: kafkajs throws those when a broker goes away
 * under it.
 */
const isUnreadable = (error: unknown): boolean => {
  const { type, name, root } = rootOf(error)
  const code = (root as { code?: unknown } | null)?.code
  return (
    type === 'CORRUPT_MESSAGE' ||
    ['KafkaJSNotImplemented', 'RangeError', 'CompressionError'].includes(name) ||
    (typeof code === 'string' && (code.startsWith('Z_') || code.startsWith('ZSTD_')))
  )
}
