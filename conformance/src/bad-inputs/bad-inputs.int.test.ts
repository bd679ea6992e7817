import { randomUUID } from 'node:crypto'
import { createCodec, createRegistryClient, registerSchemas } from '@interchange/avro'
import { createKafkaTransport, type KafkaConfig, type KafkaDriver } from '@interchange/kafka'
import {
  deadLetterHeaders,
  deadLetterTopicName,
  letterFacts,
  silentLogger,
  type Transport,
  type TransportAdmin,
  type TransportProducer,
  type TransportRecord,
} from '@interchange/messaging'
import { createDatabase, type Database } from '@interchange/store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { registerForeignSchemas } from './foreign-schemas.ts'
import { fateText, type OddRecord } from './odd-record.ts'
import { oddRecords as odd } from './odd-records.data.ts'
import { payloadMarker } from './odd-values.data.ts'
import { type ParcelLog, places, type Written, writeParcelLog } from './parcel-log.ts'
import { endsOf, type LogReading, placeOf, readParcelLog } from './read-parcel-log.ts'

const drivers = ['kafkajs', 'platformatic'] as const satisfies readonly KafkaDriver[]
const prefix = `bad-inputs-${randomUUID()}`
const registryUrl = process.env['SCHEMA_REGISTRY_URL'] ?? ''
/** One partition's window is 8 MiB, three of them are read; the rest is the process itself. */
const memoryBytesMax = 256 * 1024 * 1024

const transportOf = (driver: KafkaDriver, more: Partial<KafkaConfig> = {}): Transport =>
  createKafkaTransport(
    { driver, brokers: (process.env['KAFKA_BROKERS'] ?? '').split(','), clientId: 'bad-inputs', ...more },
    { logger: silentLogger },
  )

let admin: TransportAdmin
let log: ParcelLog

beforeAll(async () => {
  const transport = transportOf('kafkajs')
  admin = await transport.createAdmin()
  const producers = await Promise.all(drivers.map((driver) => transportOf(driver).createProducer()))
  const compressing = await transportOf('kafkajs', { compression: 'gzip' }).createProducer()
  try {
    log = await writeParcelLog({
      prefix,
      admin,
      producers,
      compressing,
      odd,
      foreign: await registerForeignSchemas(registryUrl, prefix),
      async register({ schema }) {
        const subjects = [{ compatibility: 'FULL_TRANSITIVE' as const, versions: [schema] }]
        return (await registerSchemas(registryUrl, subjects))[0]?.id ?? 0
      },
    })
  } finally {
    await Promise.all([...producers, compressing].map((producer: TransportProducer) => producer.close()))
  }
})
afterAll(() => admin?.close())

describe.each(drivers)('bad inputs X01 to X66 over %s', (driver) => {
  const group = `${prefix}-${driver}`
  let database: Database
  let reading: LogReading

  beforeAll(async () => {
    const url = process.env['DATABASE_URL'] ?? ''
    database = createDatabase({ url, schema: `bad_inputs_${randomUUID().slice(0, 8)}` })
    const codec = createCodec({ source: createRegistryClient({ url: registryUrl }) })
    reading = await readParcelLog({
      log,
      group,
      transport: transportOf(driver),
      admin,
      codec,
      database,
      withinMs: 90_000,
    })
  })
  afterAll(() => database?.close())

  /** The three copies of an odd record, one a place. */
  const copiesOf = (each: OddRecord): readonly Written[] => log.written.filter((written) => written.odd === each)
  const placeOfWritten = ({ record, offset }: Written): string => placeOf({ ...record, offset })
  const lettersFor = (written: Written): readonly TransportRecord[] =>
    reading.letters.filter((letter) => letterPlace(letter, group) === placeOfWritten(written))

  test.each(odd.map((each) => [each.input, each.what, fateText(each.becomes), each] as const))(
    '%s: %s: %s, first, middle and last of its batch',
    (_input, _what, _fate, each) => {
      const { becomes } = each
      expect(copiesOf(each).map(({ place }) => place)).toEqual(places)
      for (const written of copiesOf(each)) {
        const letters = lettersFor(written)
        const handled = reading.effects.filter((place) => place === placeOfWritten(written))
        if (typeof becomes === 'string') {
          expect(
            letters.map(({ headers }) => factsOf(headers)),
            written.place,
          ).toEqual([])
          expect(handled, written.place).toHaveLength(becomes === 'handled' ? 1 : 0)
          if (becomes === 'handled') expect(reading.values.get(placeOfWritten(written))).toEqual(written.handled)
        } else {
          expect(handled, written.place).toEqual([])
          expect(
            letters.map(({ headers }) => factsOf(headers)),
            written.place,
          ).toEqual([becomes])
          expect(letters.map(originalOf), written.place).toEqual([bytesOf(written.record)])
        }
      }
    },
  )

  test('every good record is handled once, unchanged, and in the order of its key', () => {
    const good = log.written.filter((written) => written.odd === undefined)
    const places = new Set(good.map(placeOfWritten))
    const handled = reading.effects.filter((place) => places.has(place))
    expect(handled.toSorted()).toEqual([...places].toSorted())
    for (const written of good) expect(reading.values.get(placeOfWritten(written))).toEqual(written.handled)
    const turns = new Map(reading.effects.map((place, index) => [place, index]))
    for (const [key, ofKey] of Map.groupBy(good, ({ record }) => `${record.topic} ${record.key}`)) {
      const order = ofKey.map((written) => turns.get(placeOfWritten(written)) ?? -1)
      expect(order, key).toEqual(order.toSorted((left, right) => left - right))
    }
  })

  test('there is one letter for each record that must become one, and no other', () => {
    const expected = log.written.filter((written) => typeof written.odd?.becomes === 'object').map(placeOfWritten)
    const found = reading.letters.map((letter) => letterPlace(letter, group))
    expect(found.toSorted()).toEqual(expected.toSorted())
  })

  test('offsets are committed to the end, the group is alive, its memory bounded', async () => {
    expect(reading.ended).toEqual([])
    expect(reading.health).toMatchObject({ state: 'running', inFlight: 0 })
    expect(reading.committed).toEqual(await endsOf(admin, [log.parcels, log.entities]))
    expect(reading.memoryBytesMax).toBeLessThan(memoryBytesMax)
  })

  test('no log line holds anything of a payload, and there is one for each letter', () => {
    expect(reading.logged).not.toContain(payloadMarker)
    expect(reading.logged.split('\n').filter((line) => line.endsWith(' dead letter'))).toHaveLength(
      reading.letters.length,
    )
  })
})

/** Where the original of a letter stood. */
const letterPlace = (letter: TransportRecord, group: string): string => {
  const facts = letterFacts(letter.headers)
  const topic = facts.get(deadLetterHeaders.topic) ?? ''
  expect(letter.topic).toBe(deadLetterTopicName(topic, group))
  return placeOf({ topic, partition: letter.partition, offset: Number(facts.get(deadLetterHeaders.offset)) })
}

const factsOf = (headers: TransportRecord['headers']) => {
  const facts = letterFacts(headers)
  return { code: facts.get(deadLetterHeaders.code), failureClass: facts.get(deadLetterHeaders.reason) }
}

const bytesOf = ({ key, value, headers }: Pick<TransportRecord, 'key' | 'value' | 'headers'>) => ({
  key: key?.toString('base64') ?? null,
  value: value?.toString('base64') ?? null,
  headers: headers.bytes.toString('base64'),
})

/** The letter without what the group has appended. */
const originalOf = (letter: TransportRecord) => {
  const count = Number(letterFacts(letter.headers).get(deadLetterHeaders.originalHeaderCount))
  return bytesOf({ ...letter, headers: letter.headers.take(count) })
}
