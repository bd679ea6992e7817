import { ceHeaders, deadLetterHeaders, HeaderBlock, type HeaderEntry, traceHeaders } from '@interchange/messaging'
import { misbehaviours } from './misbehaviours.ts'
import { contract, type Fate, type OddBytes, type OddRecord, type Surroundings } from './odd-record.ts'
import { payloadMarker } from './odd-values.data.ts'
import { framed, long, parcel, parcelBytes, text } from './parcel.ts'

const mismatch = contract('ICX_CONTRACT_KEY_MISMATCH')
const badId = contract('ICX_CONTRACT_MESSAGE_ID')
const tooManyHeaders = contract('ICX_HEADERS_LIMIT')

const good = ({ id, schemaId }: Surroundings): OddBytes => ({
  value: framed(schemaId, parcelBytes(id)),
  handled: parcel(id),
})

/** A good value under odd headers. */
const headed = (
  input: string,
  what: string,
  becomes: Fate,
  headers: readonly HeaderEntry[] | HeaderBlock | ((around: Surroundings) => readonly HeaderEntry[]),
): OddRecord => ({
  input,
  what,
  becomes,
  bytes: (around) => {
    const given = typeof headers === 'function' ? headers(around) : headers
    return { ...good(around), headers: given instanceof HeaderBlock ? given : HeaderBlock.of(given) }
  },
})

const keyed = (input: string, what: string, becomes: Fate, key: (id: string) => Buffer | null): OddRecord => ({
  input,
  what,
  becomes,
  bytes: (around) => ({ ...good(around), key: key(around.id) }),
})

const stamped = (what: string, timestampMs: number): OddRecord => ({
  input: 'X46',
  what,
  becomes: 'handled',
  bytes: (around) => ({ ...good(around), timestampMs }),
})

const many = (count: number): HeaderEntry[] =>
  Array.from({ length: count }, (_, index) => ({ name: `h${index}`, value: 'v' }))
const header = (name: string, value: HeaderEntry['value']): HeaderEntry[] => [{ name, value }]

/** A value whose id is as long as the limit of a record allows: its key is as long. */
const longKeyBytes = 400_000
/** With its key and its batch just under Kafka's default limit of a message (1,048,588 bytes). */
const justUnderBytes = 1_048_400

const unpackedBytes = 3_000_000

const misbehaving = (input: string, what: keyof typeof misbehaviours & string, becomes: Fate): OddRecord => ({
  input,
  what: `a handler that ${what}`,
  becomes,
  bytes: ({ id, schemaId }) => ({
    value: framed(schemaId, parcelBytes(id, { note: Buffer.concat([long(1n), text(what)]) })),
    handled: parcel(id, { note: what }),
  }),
})

const crashed: Fate = { code: 'ICX_HANDLER_CRASHED', failureClass: 'poison' }
const failed: Fate = { code: 'ICX_HANDLER_FAILED', failureClass: 'transient' }

/** Keys, headers, times, sizes, and handlers that misbehave: X23, X24, X34-X46, X56-X66. */
export const oddSurroundings: readonly OddRecord[] = [
  keyed('X23', 'a null key', 'handled', () => null),
  {
    input: 'X23',
    what: 'a key without bytes',
    becomes: 'handled',
    bytes: ({ schemaId }) => ({
      key: Buffer.alloc(0),
      value: framed(schemaId, parcelBytes('')),
      handled: parcel(''),
    }),
  },
  {
    input: 'X23',
    what: `a key of ${longKeyBytes} bytes`,
    becomes: 'handled',
    bytes: ({ id, schemaId }) => {
      const long = id.padEnd(longKeyBytes, '.')
      return { key: Buffer.from(long), value: framed(schemaId, parcelBytes(long)), handled: parcel(long) }
    },
  },
  keyed('X23', 'a key of 1,000,000 bytes', mismatch, () => Buffer.alloc(1_000_000, 'k')),
  keyed('X23', 'a binary key', mismatch, () => Buffer.from([0xff, 0x00, 0xc3])),
  keyed('X24', 'the key of another value', mismatch, (id) => Buffer.from(`${id}-other`)),
  headed('X34', 'no header', 'handled', []),
  headed('X34', '100 headers', 'handled', many(100)),
  headed('X34', '6,000 headers', tooManyHeaders, many(6_000)),
  headed(
    'X35',
    'header names that objects own',
    'handled',
    ['__proto__', 'constructor', 'toString', 'hasOwnProperty'].flatMap((name) => header(name, name)),
  ),
  headed('X36', 'one header name twice', 'handled', [...header('twice', 'a'), ...header('twice', 'b')]),
  headed(
    'X36',
    '100 traceparents',
    'handled',
    Array.from({ length: 100 }, (_, index) => ({ name: traceHeaders.traceparent, value: String(index) })),
  ),
  headed('X37', 'a null header value', 'handled', header('nothing', null)),
  headed('X37', 'an empty header name', 'handled', header('', 'x')),
  headed(
    'X37',
    'a header name that is not UTF-8',
    'handled',
    new HeaderBlock(Buffer.from([2, 4, 0xff, 0xfe, 2, 0x78])),
  ),
  headed('X38', 'a header value in Latin-1', 'handled', header('city', Buffer.from('Z\u00fcrich', 'latin1'))),
  headed('X38', 'a header value in UTF-16', 'handled', header('city', Buffer.from('Z\u00fcrich', 'utf16le'))),
  headed('X38', 'a message id that is not UTF-8', badId, header(ceHeaders.id, Buffer.from([0x69, 0xff]))),
  headed(
    'X39',
    'line ends, terminal codes and NUL in a header',
    'handled',
    header('a\r\nb', '\u001b[2J\r\nforged: yes\u0000'),
  ),
  headed(
    'X39',
    'the same in the correlation id',
    'handled',
    header(ceHeaders.correlationId, '\u001b[2J\r\n{"level":"error"}\u0000'),
  ),
  headed('X40', 'no message id', 'handled', []),
  {
    input: 'X41',
    what: 'other content under a known message id',
    becomes: { code: 'ICX_INBOX_CONFLICT', failureClass: 'poison' },
    bytes: (around) => ({ ...good(around), headers: HeaderBlock.of(header(ceHeaders.id, around.known.messageId)) }),
  },
  headed('X42', 'a message id of 256 characters', badId, header(ceHeaders.id, 'i'.repeat(256))),
  headed('X42', 'a message id of 900,000 characters', tooManyHeaders, header(ceHeaders.id, 'i'.repeat(900_000))),
  headed('X42', 'an empty message id', badId, header(ceHeaders.id, '')),
  headed('X42', 'a look-alike of a known message id', 'handled', ({ id, known }) =>
    header(ceHeaders.id, `${id} ${known.messageId.replace('a', '\u0430')}`),
  ),
  headed('X43', 'a traceparent that is none', 'handled', header(traceHeaders.traceparent, '00-zz-\u0000-01')),
  headed('X43', 'an oversized tracestate and baggage', 'handled', [
    ...header(traceHeaders.tracestate, 'a=b,'.repeat(5_000)),
    ...header(traceHeaders.baggage, 'a=b,'.repeat(5_000)),
  ]),
  headed('X44', 'forged attempts and due time', 'handled', [
    ...header(deadLetterHeaders.attempts, '-1'),
    ...header(deadLetterHeaders.attempts, '1000000000'),
    ...header(deadLetterHeaders.attempts, 'NaN'),
    ...header('not-before', '9999-12-31T23:59:59Z'),
  ]),
  {
    input: 'X44',
    what: 'forged facts on what becomes a letter',
    becomes: contract('ICX_AVRO_NOT_FRAMED'),
    bytes: () => ({
      value: Buffer.from(payloadMarker),
      headers: HeaderBlock.of([
        ...header(deadLetterHeaders.originalHeaderCount, '0'),
        ...header(deadLetterHeaders.reason, 'outage'),
        ...header(deadLetterHeaders.code, 'ICX_HANDLER_REJECTED'),
        ...header(deadLetterHeaders.replayId, 'forged'),
      ]),
    }),
  },
  headed('X45', 'a reply topic of somebody else', 'handled', [
    ...header('reply-to', '__consumer_offsets'),
    ...header('kafka_replyTopic', 'somebody-elses'),
    ...header(deadLetterHeaders.topic, 'somebody-elses'),
  ]),
  stamped('the time 0', 0),
  stamped('the time -1', -1),
  stamped('a time in the year 9999', 253_402_300_799_999),
  {
    input: 'X56',
    what: 'just under the limit of a message',
    becomes: 'handled',
    bytes: ({ id, schemaId }) => {
      const note = 'x'.repeat(justUnderBytes)
      const value = framed(schemaId, parcelBytes(id, { note: Buffer.concat([long(1n), text(note)]) }))
      return { value, handled: parcel(id, { note }) }
    },
  },
  {
    input: 'X57',
    what: 'so large that with its facts it is over the limit',
    becomes: contract('ICX_AVRO_NOT_FRAMED'),
    bytes: () => ({ value: Buffer.alloc(justUnderBytes, 0x78) }),
  },
  {
    input: 'X57',
    what: 'compressed by its sender, and unpacked far over the limit',
    becomes: contract('ICX_AVRO_NOT_FRAMED'),
    compressed: true,
    bytes: () => ({ value: Buffer.alloc(unpackedBytes, payloadMarker) }),
  },
  misbehaving('X60', 'throws a TypeError', crashed),
  misbehaving('X60', 'throws a string', failed),
  misbehaving('X60', 'throws undefined', failed),
  misbehaving('X60', 'throws a frozen error', failed),
  misbehaving('X60', 'throws an error that is its own cause', failed),
  misbehaving('X60', 'throws what throws when it is looked at', failed),
  misbehaving('X61', 'never settles', { code: 'ICX_HANDLER_TIMEOUT', failureClass: 'transient' }),
  misbehaving('X61', 'answers twice', 'handled'),
  {
    input: 'X65',
    what: 'the exact repetition of a known message',
    becomes: 'skipped',
    bytes: ({ known }) => ({
      key: Buffer.from(known.parcel.id),
      value: known.value,
      headers: HeaderBlock.of(header(ceHeaders.id, known.messageId)),
    }),
  },
  headed('X66', 'headers of another environment', 'handled', [
    ...header('tenant', 'somebody-else'),
    ...header(ceHeaders.source, '/production/elsewhere'),
    ...header(ceHeaders.type, 'io.elsewhere.made.v1'),
  ]),
]
