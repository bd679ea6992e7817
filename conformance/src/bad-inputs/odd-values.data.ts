import { contract, type Fate, type OddRecord, type Surroundings } from './odd-record.ts'
import { double, framed, long, type Parcel, parcel, parcelBytes, text } from './parcel.ts'

const notFramed = contract('ICX_AVRO_NOT_FRAMED')
const unknownSchema = contract('ICX_AVRO_SCHEMA_UNKNOWN')
const incompatible = contract('ICX_AVRO_SCHEMA_INCOMPATIBLE')
const unusable = contract('ICX_AVRO_SCHEMA_UNUSABLE')
const malformed = contract('ICX_AVRO_MALFORMED')
const beyondLimit = contract('ICX_AVRO_LIMIT')

/** Stands in payloads, and must stand in no log line. */
export const payloadMarker = 'payload-marker'

const raw = (input: string, what: string, becomes: Fate, value: Buffer | null): OddRecord => ({
  input,
  what,
  becomes,
  bytes: () => ({ value }),
})

/** Under the topic's own schema, a field that no encoder writes. */
const field = (input: string, what: string, becomes: Fate, odd: Partial<Record<keyof Parcel, Buffer>>): OddRecord => ({
  input,
  what,
  becomes,
  bytes: ({ id, schemaId }) => ({ value: framed(schemaId, parcelBytes(id, odd)) }),
})

/** A value that is unusual and right: handled as it is. */
const unusual = (
  input: string,
  what: string,
  odd: Partial<Record<keyof Parcel, Buffer>>,
  more: Partial<Parcel>,
): OddRecord => ({
  input,
  what,
  becomes: 'handled',
  bytes: ({ id, schemaId }) => ({
    value: framed(schemaId, parcelBytes(id, odd)),
    handled: parcel(id, more),
  }),
})

const note = (content: string): Pick<Record<keyof Parcel, Buffer>, 'note'> => ({
  note: Buffer.concat([long(1n), text(content)]),
})
const noted = (input: string, what: string, content: string): OddRecord =>
  unusual(input, what, note(content), { note: content })

/** A whole body under a schema of somebody else. */
const under = (
  input: string,
  what: string,
  becomes: Fate,
  schemaId: (around: Surroundings) => number,
  body: (id: string) => Buffer,
): OddRecord => ({ input, what, becomes, bytes: (around) => ({ value: framed(schemaId(around), body(around.id)) }) })

const plain = (id: string): Buffer => parcelBytes(id, note(payloadMarker))
const depth = 100_000

/** Values: framing, schema ids, Avro. X01-X20 of the evidence, and what is odd in text alone. */
export const oddValues: readonly OddRecord[] = [
  raw('X01', 'no bytes', notFramed, Buffer.alloc(0)),
  ...[1, 2, 3, 4].map((length) => raw('X02', `${length} bytes`, notFramed, Buffer.alloc(length))),
  raw('X03', 'magic byte 1', notFramed, Buffer.concat([Buffer.from([1, 0, 0, 0, 1]), text(payloadMarker)])),
  raw('X03', 'JSON', notFramed, Buffer.from(JSON.stringify({ id: payloadMarker }))),
  raw('X03', 'Protobuf', notFramed, Buffer.concat([Buffer.from([10]), text(payloadMarker)])),
  ...[0, -1, -(2 ** 31)].map((id) => under('X04', `schema id ${id}`, unknownSchema, () => id, plain)),
  under('X04', 'schema id 2^31 - 1', unknownSchema, () => 2 ** 31 - 1, plain),
  under('X05', 'a schema id the registry does not have', unknownSchema, () => 1_900_000_000, plain),
  under('X06', 'the schema of another record type', incompatible, ({ foreign }) => foreign.otherRecord, text),
  under(
    'X07',
    'a schema without a field that has no default',
    incompatible,
    ({ foreign }) => foreign.withoutField,
    plain,
  ),
  under(
    'X08',
    'a JSON schema',
    unusable,
    ({ foreign }) => foreign.json,
    () => Buffer.from('{}'),
  ),
  under('X08', 'a Protobuf schema', unusable, ({ foreign }) => foreign.protobuf, plain),
  under('X09', 'a schema that refers to another subject', unusable, ({ foreign }) => foreign.referring, text),
  ...[0, 1, 5, 9].map((length) => ({
    ...under(
      'X10',
      `cut off after ${length} bytes`,
      malformed,
      ({ schemaId }) => schemaId,
      () => plain('odd').subarray(0, length),
    ),
  })),
  under(
    'X11',
    'bytes behind the value',
    contract('ICX_AVRO_TRAILING_BYTES'),
    ({ schemaId }) => schemaId,
    (id) => Buffer.concat([plain(id), Buffer.from([0])]),
  ),
  under(
    'X12',
    'random bytes behind a frame',
    malformed,
    ({ schemaId }) => schemaId,
    () => Buffer.alloc(64, 0xa7),
  ),
  field('X13', '2^31 elements in few bytes', beyondLimit, { contents: long(2n ** 31n) }),
  field('X13', '2^40 elements in few bytes', beyondLimit, { contents: long(2n ** 40n) }),
  field('X14', 'a block that says a wrong size', malformed, {
    contents: Buffer.concat([long(-1n), long(99n), text('x'), long(0n)]),
  }),
  under(
    'X15',
    `a list that contains itself, ${depth} deep`,
    beyondLimit,
    ({ foreign }) => foreign.recursive,
    (id) => Buffer.concat([plain(id), Buffer.alloc(depth, 2), Buffer.from([0])]),
  ),
  field('X16', 'a text longer than the value', malformed, { id: long(2n ** 30n) }),
  // As Java's Avro reads them.
  ...[
    { what: 'a text that is not UTF-8', bytes: Buffer.from([0xff, 0xfe]) },
    { what: 'a lone surrogate', bytes: Buffer.from([0xed, 0xa0, 0x80]) },
  ].map(({ what, bytes }) =>
    unusual(
      'X16',
      `${what}, read with replacement characters`,
      { note: Buffer.concat([long(1n), text(bytes)]) },
      { note: '\ufffd'.repeat(bytes.length) },
    ),
  ),
  field('X17', 'a long beyond 2^53', malformed, { sequence: long(2n ** 60n) }),
  unusual('X17', 'not a number', { weight: double(Number.NaN) }, { weight: Number.NaN }),
  unusual('X17', 'infinity', { weight: double(Number.POSITIVE_INFINITY) }, { weight: Number.POSITIVE_INFINITY }),
  unusual('X17', 'minus zero', { weight: double(-0) }, { weight: -0 }),
  field('X18', 'a symbol that its own schema does not have', malformed, { kind: long(2n) }),
  under(
    'X18',
    'a symbol of a wider schema',
    incompatible,
    ({ foreign }) => foreign.widerEnum,
    (id) => parcelBytes(id, { kind: long(2n) }),
  ),
  field('X19', 'a branch that its own schema does not have', malformed, { note: long(2n) }),
  under(
    'X19',
    'a branch of a wider schema',
    incompatible,
    ({ foreign }) => foreign.widerUnion,
    (id) => parcelBytes(id, { note: Buffer.concat([long(2n), long(7n)]) }),
  ),
  field('X20', 'the map key __proto__', malformed, {
    marks: Buffer.concat([long(1n), text('__proto__'), text(payloadMarker), long(0n)]),
  }),
  unusual(
    'X20',
    'the map key constructor',
    { marks: Buffer.concat([long(1n), text('constructor'), text('x'), long(0n)]) },
    { marks: { constructor: 'x' } as unknown as Parcel['marks'] },
  ),
  { ...raw('X21', 'a null value that deletes an entity', 'skipped', null), onEntities: true },
  raw('X22', 'a null value where none is taken', contract('ICX_CONTRACT_TOMBSTONE'), null),
  noted('X30', 'right-to-left override and zero width', 'a\u202eb\u200bc'),
  noted('X30', 'combining characters', 'Zoe\u0308 is not Zo\u00eb'),
  noted('X30', 'emoji of four bytes', '\u{1f40e}\u{1f468}\u200d\u{1f469}'),
  noted('X30', 'homoglyphs', '\u0430dmin'),
  noted('X33', 'an empty text', ''),
  noted('X33', 'the word null', 'null'),
]
