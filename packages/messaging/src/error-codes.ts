/**
 * Every error code of the code base: `ICX_<AREA>_<WHAT>`. `docs/reference/errors.md` lists the same set and a test
 * holds the two together.
 */
export const errorCodes = {
  ICX_AVRO_ENCODE: 'a value does not fit its Avro schema',
  ICX_AVRO_LIMIT: 'a value claims more elements, bytes or depth than the limits allow',
  ICX_AVRO_MALFORMED: 'the bytes are not a value of their writer schema',
  ICX_AVRO_NOT_FRAMED: 'the value has no Confluent frame (magic byte 0 and a schema id)',
  ICX_AVRO_SCHEMA_INCOMPATIBLE: 'the reader schema cannot read what the writer schema wrote',
  ICX_AVRO_SCHEMA_UNKNOWN: 'the registry does not know the schema id',
  ICX_AVRO_TRAILING_BYTES: 'bytes are left after the value',
  ICX_CONFIG_INVALID: 'the configuration is incomplete or wrong',
  ICX_CONTRACT_KEY_MISMATCH: 'the record key is not the key its value says',
  ICX_CONTRACT_TOMBSTONE: 'a null value on a topic whose route does not take tombstones',
  ICX_HANDLER_FAILED: 'a handler threw an error of no known kind',
  ICX_HANDLER_REJECTED: 'a handler rejected the value on business grounds',
  ICX_HANDLER_TIMEOUT: 'a handler did not settle before its deadline',
  ICX_HEADERS_LIMIT: 'a record carries more headers, or more header bytes, than the limits allow',
  ICX_HEADERS_MALFORMED: 'the header block of a record cannot be read',
  ICX_INBOX_CONFLICT: 'a message id was seen before with other content',
  ICX_KAFKA_OFFSET_OUT_OF_RANGE: 'the committed offset is no longer in the log',
  ICX_KAFKA_PATCH_MISSING: 'kafkajs is not the patched build this driver needs',
  ICX_KAFKA_REFUSED: 'the broker refused the request for good (authorisation, size, unknown topic)',
  ICX_KAFKA_STALE_EPOCH: 'a commit or effect came from an assignment that has ended',
  ICX_KAFKA_UNAVAILABLE: 'no broker answered in time',
  ICX_KAFKA_UNKNOWN_OUTCOME: 'the broker may or may not have the record',
  ICX_PUBLISH_DEADLINE: 'the record was not acknowledged before the deadline',
  ICX_REGISTRY_UNAVAILABLE: 'the schema registry did not answer, or answered with an outage status',
  ICX_STACK_ALREADY_RUNNING: 'another stack runs in the same folder',
  ICX_STACK_START_FAILED: 'a component of the local stack did not start, or did not answer in time',
  ICX_STACK_TOOL_MISSING: 'a program the local stack needs is not on this machine',
  ICX_STORE_CONTENTION: 'a deadlock, a lost race or a timeout undid the transaction',
  ICX_STORE_MIGRATION: 'a migration was changed after it ran',
  ICX_STORE_REFUSED: 'the database refused the data (a constraint or a data exception)',
  ICX_STORE_SCHEMA: 'the database lacks a schema, table, column or right that a statement needs',
  ICX_STORE_UNAVAILABLE: 'the database is unreachable or refuses connections',
} as const

/** One of the closed set of error codes. */
export type ErrorCode = keyof typeof errorCodes
