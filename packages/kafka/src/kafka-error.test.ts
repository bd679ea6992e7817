import { expect, test } from 'vitest'
import { isRefusal, isUntaken, kafkaError } from './kafka-error.ts'

const wrapped = (inner: object): Error => {
  const cause = Object.assign(new Error('inner'), inner)
  return new Error('outer', { cause: Object.assign(new Error('middle'), { cause }) })
}

test.each([
  [{ type: 'MESSAGE_TOO_LARGE' }, 'ICX_KAFKA_REFUSED', 'contract'],
  [{ type: 'TOPIC_AUTHORIZATION_FAILED' }, 'ICX_KAFKA_REFUSED', 'fatal'],
  [{ type: 'UNKNOWN_TOPIC_OR_PARTITION' }, 'ICX_KAFKA_REFUSED', 'fatal'],
  [{ name: 'KafkaJSSASLAuthenticationError' }, 'ICX_KAFKA_REFUSED', 'fatal'],
  [{ type: 'OFFSET_OUT_OF_RANGE' }, 'ICX_KAFKA_OFFSET_OUT_OF_RANGE', 'fatal'],
  [{ type: 'CORRUPT_MESSAGE' }, 'ICX_KAFKA_BATCH_UNREADABLE', 'fatal'],
  [{ name: 'CompressionError' }, 'ICX_KAFKA_BATCH_UNREADABLE', 'fatal'],
  [{ code: 'Z_DATA_ERROR' }, 'ICX_KAFKA_BATCH_UNREADABLE', 'fatal'],
  [{ type: 'INVALID_PRODUCER_EPOCH' }, 'ICX_KAFKA_FENCED', 'transient'],
  [{ type: 'PRODUCER_FENCED' }, 'ICX_KAFKA_FENCED', 'transient'],
  [{ type: 'INVALID_TXN_STATE' }, 'ICX_KAFKA_UNAVAILABLE', 'outage'],
  [{ type: 'NOT_LEADER_FOR_PARTITION' }, 'ICX_KAFKA_UNAVAILABLE', 'outage'],
  [{ type: 'KAFKAJS_UNKNOWN_ERROR_CODE' }, 'ICX_KAFKA_UNAVAILABLE', 'outage'],
  [{ name: 'TypeError' }, 'ICX_KAFKA_UNAVAILABLE', 'outage'],
  [{ name: 'RangeError' }, 'ICX_KAFKA_BATCH_UNREADABLE', 'fatal'],
  [{ name: 'KafkaJSRequestTimeoutError' }, 'ICX_KAFKA_UNAVAILABLE', 'outage'],
])('%o below kafkajs wrappers is %s, %s', (inner, code, failureClass) => {
  const error = kafkaError(wrapped(inner), 'testing')
  expect({ code: error.code, failureClass: error.failureClass }).toEqual({ code, failureClass })
})

test('only what the broker answered counts as a refusal: a lost connection leaves the fate open', () => {
  expect(isRefusal(wrapped({ type: 'MESSAGE_TOO_LARGE' }))).toBe(true)
  expect(isRefusal(wrapped({ name: 'KafkaJSConnectionError', code: 'ECONNREFUSED' }))).toBe(false)
  expect(isRefusal(wrapped({ type: 'REQUEST_TIMED_OUT' }))).toBe(false)
  expect(isRefusal(wrapped({ type: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND' }))).toBe(false)
})

test('a broker that is still asking about a transaction, or has too few replicas, has written nothing', () => {
  expect(isUntaken(wrapped({ type: 'NOT_ENOUGH_REPLICAS' }))).toBe(true)
  expect(isUntaken(wrapped({ type: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND' }))).toBe(false)
  expect(isUntaken(wrapped({ name: 'KafkaJSRequestTimeoutError' }))).toBe(false)
})
