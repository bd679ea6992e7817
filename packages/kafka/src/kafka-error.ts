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

/** Another owner of the transactional id has come, or the coordinator has forgotten this one. */
const fencings = new Set(['INVALID_PRODUCER_EPOCH', 'INVALID_PRODUCER_ID_MAPPING', 'PRODUCER_FENCED'])

/** The transaction cannot go on, and another may. */
const torn = new Set([
  'INVALID_TXN_STATE',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'TRANSACTION_ABORTABLE',
  'UNKNOWN_PRODUCER_ID',
  'FENCED_INSTANCE_ID',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
])

/** What OpenSSL, or a client itself, says of a peer that it cannot trust: waiting does not mend it. */
const untrusted = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'PLT_KFK_AUTHENTICATION',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** The broker's refusals that concern one record and not this client. */
const recordRefusals = new Set(['INVALID_RECORD', 'INVALID_TIMESTAMP', 'MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])

/** What the clients' wrappers hide: the broker's error type, the innermost error and its name. */
export const rootOf = (error: unknown): { type: string | undefined; name: string; root: unknown } => {
  let root = error
  let type: string | undefined
  for (let depth = 0; depth < 8; depth++) {
    if (typeof root !== 'object' || root === null) break
    type ??= typeOf(root)
    const inner = innerOf(root)
    if (inner === undefined || inner === null || inner === root) break
    root = inner
  }
  return { type, name: root instanceof Error ? root.name : typeof root, root }
}

/** kafkajs says `type`, @platformatic/kafka `apiId`. */
const typeOf = (error: object): string | undefined => {
  const { type, apiId } = error as { type?: unknown; apiId?: unknown }
  if (typeof type === 'string') return type
  return typeof apiId === 'string' ? apiId : undefined
}

/** The cause; or, of @platformatic/kafka's collections, the first. kafkajs' collections are read where they matter. */
const innerOf = (error: object): unknown => {
  const { cause, code, errors } = error as { cause?: unknown; code?: unknown; errors?: unknown }
  if (cause !== undefined || !Array.isArray(errors)) return cause
  return typeof code === 'string' && code.startsWith('PLT_KFK_') ? errors[0] : undefined
}

/** Whether the broker refused, so that nothing of the request took effect and asking the same again does not help. */
export const isRefusal = (error: unknown): boolean => {
  const { type } = rootOf(error)
  return isRefusalForGood(error) || (type !== undefined && (fencings.has(type) || torn.has(type)))
}

const isRefusalForGood = (error: unknown): boolean => {
  const { type, name, root } = rootOf(error)
  if (type !== undefined && refusals.has(type)) return true
  const { code } = Object(root) as { code?: unknown }
  return name === 'KafkaJSSASLAuthenticationError' || (typeof code === 'string' && untrusted.has(code))
}

/**
 * Whether the broker wrote nothing, though it may when asked again. So it also says to a first record of a transaction whose
 * partition it is still asking the coordinator about.
 */
export const isUntaken = (error: unknown): boolean => {
  const { type } = rootOf(error)
  return type === 'NOT_ENOUGH_REPLICAS' || type === 'CONCURRENT_TRANSACTIONS'
}

export const isTooLarge = (error: unknown): boolean => {
  const { type } = rootOf(error)
  return type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE'
}

/**
 * A client's error in our words: `ICX_KAFKA_OFFSET_OUT_OF_RANGE`, `ICX_KAFKA_FENCED`, `ICX_KAFKA_REFUSED`,
 * `ICX_KAFKA_BATCH_UNREADABLE`, or `ICX_KAFKA_UNAVAILABLE` for everything that may pass. An unknown error code counts as
 * passing (trap K34).
 */
export const kafkaError = (error: unknown, doing: string, facts: ErrorFacts = {}): InterchangeError => {
  if (error instanceof InterchangeError) return error
  const { type, name, root } = rootOf(error)
  const all: ErrorFacts = { ...facts, kafkaError: type ?? name }
  const text = `${doing}: ${root instanceof Error ? root.message : String(root)}`
  if (type === 'OFFSET_OUT_OF_RANGE') {
    return new InterchangeError('ICX_KAFKA_OFFSET_OUT_OF_RANGE', text, { class: 'fatal', cause: error, facts: all })
  }
  if (type !== undefined && fencings.has(type)) {
    return new InterchangeError('ICX_KAFKA_FENCED', text, { class: 'transient', cause: error, facts: all })
  }
  if (isRefusalForGood(error)) {
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
