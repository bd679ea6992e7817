/** A test elsewhere that shows what becomes of an input, by file and title. */
export interface Evidence {
  readonly becomes: string
  readonly file: string
  readonly title: string
}

/** One of the bad inputs X01 to X66: what it is, and what shows its end beside the odd records of this folder. */
export interface BadInput {
  readonly id: string
  readonly input: string
  readonly elsewhere: readonly Evidence[]
}

const input = (id: string, what: string, ...elsewhere: readonly Evidence[]): BadInput => ({
  id,
  input: what,
  elsewhere,
})
const at = (becomes: string, file: string, title: string): Evidence => ({ becomes, file, title })

const scan = 'packages/avro/src/hostile-bytes.test.ts'
const codec = 'packages/avro/src/create-codec.test.ts'
const registry = 'packages/avro/src/registry-client.test.ts'
const hostile = 'packages/kafka/src/hostile-batches.int.test.ts'
const changing = 'packages/kafka/src/changing-topics.int.test.ts'
const unpack = 'packages/kafka/src/compression/unpack.test.ts'
const letters = 'packages/messaging/src/consume/dead-letters/dead-letters-of-a-group.test.ts'
const letter = 'packages/messaging/src/consume/dead-letters/dead-letter.test.ts'
const unwritten = 'packages/messaging/src/consume/dead-letters/letters.test.ts'
const outages = 'packages/messaging/src/consume/outages/outages-of-a-group.test.ts'
const flood = 'packages/messaging/src/consume/outages/flood.test.ts'
const rebalance = 'packages/messaging/src/consume/rebalance.test.ts'
const eventIds = 'packages/messaging/src/record/event-id.test.ts'
const sending = 'conformance/src/sending-cases.ts'
const group = 'conformance/src/group-cases.ts'
const reading = 'conformance/src/reading-cases.ts'
const http = 'packages/nest/src/http.test.ts'
const webhooks = 'services/producer/test/webhooks.int.test.ts'
const json = 'services/producer/src/webhooks/lossless-json.test.ts'
const shop = 'services/producer/src/webhooks/shop-topics.test.ts'
const invoices = 'services/producer/src/imports/read-invoices.test.ts'
const lines = 'services/producer/src/imports/retail-line.test.ts'
const money = 'services/transformer/src/money/money.test.ts'
const time = 'services/transformer/src/time/time.test.ts'
const names = 'services/transformer/src/names/names.test.ts'
const whole = 'e2e/src/whole-system.e2e.test.ts'

const anyWebhook = 'with %s is refused, and the next one goes through'

/** The list of the evidence (reliability page, section 4), whole and in its order. */
export const badInputs: readonly BadInput[] = [
  input('X01', 'empty value'),
  input('X02', 'value of 1 to 4 bytes'),
  input('X03', 'wrong magic byte'),
  input('X04', 'schema id 0, negative, 2^31 - 1'),
  input(
    'X05',
    'unknown schema id',
    at('asked for again after its time', codec, 'remembers an unknown id for its time, then asks again'),
  ),
  input('X06', 'schema of another record type'),
  input('X07', 'schema of an incompatible version'),
  input('X08', 'JSON or Protobuf schema', at('each such kind is refused', registry, 'refuses a %s schema')),
  input(
    'X09',
    'schema with an unresolved reference',
    at('for good, whoever serves it', codec, 'refuses a schema with an unresolved reference for good'),
  ),
  input('X10', 'truncated Avro', at('refused at each length', scan, 'are refused at every shorter length')),
  input('X11', 'trailing bytes'),
  input(
    'X12',
    'random bytes',
    at('refused, or a value; never a crash', scan, 'throw nothing but contract errors, whatever follows a valid one'),
  ),
  input(
    'X13',
    'array of 2^31, 2^40 elements',
    at(
      'refused before anything is allocated',
      scan,
      'are refused before anything is read when their count cannot fit into what is left',
    ),
  ),
  input(
    'X14',
    'block with a wrong byte size',
    at(
      'a block may say its size, but only truly',
      scan,
      'may come in blocks that say their size, and only in those that say it truly',
    ),
  ),
  input('X15', 'recursive record, 100,000 deep'),
  input('X16', 'string longer than the buffer, invalid UTF-8, lone surrogates'),
  input(
    'X17',
    'long beyond 2^53, odd doubles, decimal overflow',
    at('an amount that is too large is refused', money, 'MNY-07 rejects amounts above 9e15'),
  ),
  input('X18', 'unknown enum symbol'),
  input('X19', 'unknown union branch'),
  input('X20', 'map key `__proto__`, `constructor`'),
  input(
    'X21',
    'tombstone where null means something',
    at('also among others of its key', letters, 'may be a tombstone that the route skips, or carry a null key'),
  ),
  input('X22', 'tombstone where null means nothing'),
  input('X23', 'null, empty, huge, binary key'),
  input('X24', 'key that is not of its value'),
  input(
    'X25',
    'deep or large JSON, duplicate keys',
    at('a webhook: 400, or 413', webhooks, anyWebhook),
    at('refused by name', json, 'refuses %s'),
  ),
  input(
    'X26',
    'JSON numbers beyond doubles, BOM, `__proto__`',
    at('numbers: every digit is kept', json, 'keeps every digit of %s'),
    at('BOM: passed over', json, 'passes over a byte order mark'),
    at('the rest: 400', http, '%s is refused'),
  ),
  input('X27', 'JSON of another shape', at('422 with the place', shop, 'refuse %s and say where')),
  input('X28', 'XML', at('415: nothing here reads XML', webhooks, anyWebhook)),
  input(
    'X29',
    'CSV with formulas, open quotes, many columns, NUL, mixed line ends',
    at('an open quote: that invoice alone is rejected', invoices, 'does not let an open quote swallow the file'),
    at('columns: that line alone is rejected', lines, 'rejects %s'),
    at('NUL: rejected by name', invoices, 'names NUL bytes, control characters and Latin-1'),
    at('line ends: read', invoices, 'reads CRLF, a last line without a break, and skips empty lines'),
    at(
      'formulas: disarmed in the reject file',
      'services/producer/src/imports/reject-file.test.ts',
      'disarms the formula %s',
    ),
  ),
  input(
    'X30',
    'names of any script',
    at('kept whole, in NFC', names, 'NAM-09 keeps every script whole, in NFC, and the original as it was'),
  ),
  input(
    'X31',
    'dates without zone, leap seconds, gaps',
    at('a local time that is none: rejected', time, 'TIM-05 rejects the local time %j'),
    at('an ISO time that is none, or without zone: rejected', time, 'TIM-07 rejects the ISO time %j'),
    at('in a gap: moved by it', time, 'TIM-03 moves an hour that did not happen forward by the gap'),
  ),
  input(
    'X32',
    'numbers as text, in foreign notation',
    at('rejected', money, 'MNY-02 rejects %j, which is no plain decimal'),
  ),
  input(
    'X33',
    'null, missing, empty, "null"',
    at('kept apart', shop, 'keep null, missing and empty of a customer apart'),
  ),
  input('X34', '0, 100, 6,000 headers'),
  input('X35', 'header names that objects own'),
  input('X36', 'header names that come often'),
  input('X37', 'null header value, empty or invalid header name'),
  input('X38', 'header value that is not UTF-8'),
  input(
    'X39',
    'header with line ends, NUL, terminal codes',
    at(
      'replaced at the HTTP edge',
      http,
      'a correlation id that is no plain word is replaced, so that it cannot forge a log line or a header',
    ),
  ),
  input(
    'X40',
    'no message id',
    at(
      'named by its place',
      eventIds,
      'name a record without an id by its place, also with a time from before or after all time (X40, X46)',
    ),
  ),
  input(
    'X41',
    'two messages of one id',
    at('409 at the HTTP edge', webhooks, 'with the id of an event of other content is a conflict'),
  ),
  input('X42', 'message id too long, or a look-alike'),
  input(
    'X43',
    'invalid or oversized trace context',
    at(
      'a trace of its own',
      'packages/telemetry/src/telemetry.test.ts',
      'a message without, or with a broken, trace context starts a trace of its own',
    ),
  ),
  input(
    'X44',
    'forged retry headers',
    at('not believed', letter, 'does not believe control headers that came from outside (X44)'),
  ),
  input('X45', 'reply or target topic in a header'),
  input(
    'X46',
    'odd times, times of the broker',
    at(
      'the time of the broker',
      hostile,
      'a topic stamped by the broker gives every record the time of its batch (X46)',
    ),
  ),
  input(
    'X47',
    'offsets of a re-created topic',
    at(
      'read from its beginning',
      changing,
      'a topic made anew under its name is read from its beginning, whatever was committed before (X47)',
    ),
    at(
      'an offset that is not there: the group ends aloud',
      group,
      'T28 an offset that is not in the log ends the consumer and is not replaced by a default (K19)',
    ),
  ),
  input(
    'X48',
    'topic unknown, or deleted under a member',
    at('unknown: refused', group, 'T30 joining for a topic that does not exist is refused'),
    at('deleted: the group ends aloud', hostile, 'a topic that is deleted under a member ends it aloud (X48)'),
  ),
  input(
    'X49',
    'partitions added under a member',
    at(
      'read from their beginning',
      changing,
      'partitions that are added under a member are read from their beginning (X49)',
    ),
  ),
  input(
    'X50',
    'compacted topic: gaps, only tombstones',
    at(
      'what is left comes in order, offsets pass the gaps',
      changing,
      'a compacted log is read over its gaps, tombstones and all (X50)',
    ),
  ),
  input(
    'X51',
    'batch of control or aborted records',
    at(
      'the position passes it',
      hostile,
      'batches of aborted or control records alone move the position to the end of the log (X51)',
    ),
  ),
  input(
    'X52',
    'interleaved aborted transactions',
    at(
      'none of their records is delivered',
      hostile,
      'B16: no record of interleaved aborted transactions is delivered, whatever its key (X52)',
    ),
  ),
  input(
    'X53',
    'open transaction',
    at(
      'what is behind it waits',
      hostile,
      'an open transaction holds up what is behind it, and what it commits comes in its place (X53)',
    ),
  ),
  input(
    'X54',
    'compressed, or a corrupt compressed block',
    at('compressed: read', reading, 'T39 batches compressed with %s are read (X54)'),
    at('corrupt: an error, never a crash', unpack, '%s is a CompressionError, not a crash or a hang'),
  ),
  input(
    'X55',
    'compression bomb',
    at(
      'the group ends aloud, in bounded memory',
      hostile,
      'a %s bomb of 1:1000 ends the consumer aloud, in bounded memory, and is never passed over (X55)',
    ),
  ),
  input(
    'X56',
    'record at the limits of size',
    at(
      'over it: refused when it is published, alone',
      sending,
      'T09 a record over the limit is refused alone; those before and behind it are sent in order (X56)',
    ),
    at(
      'larger than a fetch: fetched',
      sending,
      'T47 a record larger than what a member fetches at once reaches it, and those behind it too (X56)',
    ),
  ),
  input(
    'X57',
    'letter over the limit',
    at('written without its texts', unwritten, 'is written without its texts when they make it too large'),
  ),
  input(
    'X58',
    'poison at any place, nothing but poison',
    at(
      'the group pauses and probes',
      outages,
      'of letters with one cause stops the group instead of burying everything, and lets one at a time try',
    ),
  ),
  input(
    'X59',
    'the same poison every n-th message',
    at('every eighth: a flood', flood, 'is tripped by one cause in every eighth message, but only with a full window'),
    at(
      'every twelfth: letters',
      flood,
      'is not tripped by one cause in every twelfth message, for as long as it goes on',
    ),
  ),
  input(
    'X60',
    'handler that throws anything',
    at(
      'also when what it answers is broken',
      letters,
      'by %s becomes one letter of its class, and its neighbours go through',
    ),
  ),
  input(
    'X61',
    'handler that never settles, or twice, or fails unawaited',
    at(
      'the late answer finds nobody',
      rebalance,
      'gives a partition away with a handler still running, after its bound, and commits nothing past it',
    ),
    at(
      'the process ends with 1',
      'packages/nest/src/run-service.int.test.ts',
      'an unhandled %s is logged and ends it with exit 1, in order',
    ),
  ),
  input(
    'X62',
    'handler that takes the process down',
    at(
      'away too long: another member goes on, and a late commit is refused',
      group,
      'T23 a partition that went to another member cannot be committed by its former owner',
    ),
    at(
      'dead: another process goes on, nothing lost, nothing twice',
      whole,
      'loses and doubles nothing when the consumer is killed in mid-stream',
    ),
  ),
  input(
    'X63',
    'handler whose output is invalid',
    at('a letter, class poison', letters, 'by %s becomes one letter of its class, and its neighbours go through'),
    at('the field is named, never the value', codec, 'names the field and never the value when a value does not fit'),
  ),
  input(
    'X64',
    'reference that is not there yet',
    at(
      'waits without holding other keys',
      'e2e/src/killed-while-waiting.e2e.test.ts',
      'a key waits for its customer through a kill -9 and a take-over, in order, while the others flow and the books close',
    ),
  ),
  input(
    'X65',
    'stale version, exact duplicate, out of order',
    at(
      'the newest state stays',
      'services/consumer/src/ledger/decide-ledger.test.ts',
      'keeps the newest state of a customer by event time',
    ),
  ),
  input('X66', 'message of another tenant or environment'),
]
