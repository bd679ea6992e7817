import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createCodec, createRegistryClient, registerSchemas } from '@interchange/avro'
import {
  billingCustomerRegistered,
  catalogue,
  customerReceived,
  type InvoiceReceived,
  invoiceReceived,
  marketingCustomerRegistered,
  orderCancelled,
  orderPlaced,
  schemaVersions,
  stockAdjusted,
  topics,
} from '@interchange/contracts'
import { laneRecord, letterSources } from '@interchange/dead-letters'
import { createKafkaTransport } from '@interchange/kafka'
import {
  ceHeaders,
  createPublisher,
  deadLetterHeaders,
  derivedEventId,
  noMetrics,
  noTracing,
  type Publisher,
  partitionOf,
  silentLogger,
  systemClock,
  type Topic,
  type Transport,
  type TransportRecord,
} from '@interchange/messaging'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { shippedAliasesFile } from './countries/country-aliases.ts'

const env = process.env
const registryUrl = env['SCHEMA_REGISTRY_URL'] ?? ''
const transport: Transport = createKafkaTransport(
  { brokers: (env['KAFKA_BROKERS'] ?? '').split(','), clientId: 'transformer-test' },
  { logger: silentLogger },
)
const codec = createCodec({ source: createRegistryClient({ url: registryUrl }) })
const service = { name: 'transformer-test', version: '0.0.0' }
/** Invoice numbers and customer ids nobody else uses. */
const unique = randomInt(100_000_000, 900_000_000)

let publisher: Publisher
let running: ChildProcess | undefined

/** The service as it is deployed; resolves when it says that it is ready. */
const startTransformer = async (aliasesFile: string): Promise<ChildProcess> => {
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))
  const child = spawn(process.execPath, [main], {
    env: { ...env, COUNTRY_ALIASES_FILE: aliasesFile, PORT: '0', TOPICS_APPLY: 'true', LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      log += chunk.toString('utf8')
      if (log.includes('the consumer group runs')) resolve()
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('exit', (code) => reject(new Error(`the transformer ended with ${code}:\n${log}`)))
  })
  running = child
  return child
}

const stopped = async (child: ChildProcess): Promise<number | null> => {
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  const [code] = await exit
  return code as number | null
}

/** The records with these keys in one topic, as soon as there are `count`. */
const recordsOf = async (
  topicName: string,
  keys: readonly string[],
  count: number,
): Promise<readonly TransportRecord[]> => {
  const partitions = catalogue.find(({ name }) => name === topicName)?.partitions ?? 0
  const ranges = Array.from({ length: partitions }, (_, partition) => ({ topic: topicName, partition, fromOffset: 0 }))
  const end = new AbortController()
  const found: TransportRecord[] = []
  for await (const record of transport.read(ranges, { signal: end.signal })) {
    if (!keys.includes(record.key?.toString('utf8') ?? '')) continue
    found.push(record)
    if (found.length >= count) end.abort()
  }
  return found
}

const decoded = async <Value>(topic: Topic<Value>, record: TransportRecord | undefined): Promise<unknown> => {
  const bytes = record?.value ?? Buffer.alloc(0)
  await codec.resolve(topic, bytes)
  return codec.decode(topic, bytes)
}

const invoice = (invoiceNo: string, country: string, quantity = 6, unitPrice = '2.55'): InvoiceReceived => ({
  invoiceNo,
  batchId: 'int-test',
  lines: [
    {
      lineNo: 2,
      stockCode: '85123a',
      description: 'WHITE HANGING HEART T-LIGHT HOLDER',
      quantity,
      invoiceDate: '2011-07-01 08:26:00',
      unitPrice,
      customerId: unitPrice === '0.0' ? null : '17850.0',
      country,
    },
  ],
})

describe('the transformer against real Kafka and a real registry', () => {
  beforeAll(async () => {
    await registerSchemas(
      registryUrl,
      schemaVersions.map((versions) => ({
        compatibility: topics.some(({ schema, kind }) => kind === 'source' && schema.subject === versions[0].subject)
          ? 'BACKWARD_TRANSITIVE'
          : 'FULL_TRANSITIVE',
        versions,
      })),
    )
    await codec.prepare(topics)
    const aliases = JSON.parse(readFileSync(shippedAliasesFile, 'utf8')) as Record<string, string>
    const withoutEire = join(mkdtempSync(join(tmpdir(), 'aliases-')), 'aliases.json')
    writeFileSync(withoutEire, JSON.stringify({ ...aliases, EIRE: undefined }))
    await startTransformer(withoutEire)
    const random = Math.random
    publisher = await createPublisher({
      transport,
      codec,
      service,
      clock: systemClock,
      random,
      metrics: noMetrics,
      tracing: noTracing,
    })
  })

  afterAll(async () => {
    await publisher?.close()
    if (running?.exitCode === null) await stopped(running)
  })

  it('publishes one canonical event an invoice, under an id derived from it and with its time', async () => {
    const placed = `${unique}`
    const timeMs = Date.UTC(2026, 0, 1)
    const sent = await publisher.publish(invoiceReceived, invoice(placed, 'United Kingdom'), { timeMs })
    await publisher.publish(invoiceReceived, invoice(`C${placed}`, 'United Kingdom', -6))
    await publisher.publish(invoiceReceived, invoice(`${unique + 1}`, 'Unspecified', 56, '0.0'))

    const [order] = await recordsOf(orderPlaced.name, [placed], 1)
    expect(await decoded(orderPlaced, order)).toMatchObject({
      orderId: placed,
      customerRef: '17850',
      placedAt: Date.UTC(2011, 6, 1, 7, 26),
      lines: [{ sku: '85123A', quantity: 6, unitPriceMills: 2550, amountMinor: 1530 }],
      totalMinor: 1530,
      countryCode: 'GB',
    })
    expect(order?.headers.text(ceHeaders.causationId)).toBe(sent.messageId)
    expect(order?.headers.text(ceHeaders.correlationId)).toBe(sent.correlationId)
    expect(Date.parse(order?.headers.text(ceHeaders.time) ?? '')).toBe(timeMs)
    expect(order?.headers.text(ceHeaders.id)?.slice(0, 13)).toBe(derivedEventId(sent.messageId, '', 0).slice(0, 13))

    const [cancellation] = await recordsOf(orderCancelled.name, [`C${placed}`], 1)
    expect(await decoded(orderCancelled, cancellation)).toMatchObject({ totalMinor: -1530 })
    const [stock] = await recordsOf(stockAdjusted.name, [`${unique + 1}`], 1)
    expect(await decoded(stockAdjusted, stock)).toMatchObject({ lines: [{ quantityDelta: 56 }] })
  })

  it('publishes two narrow customers for one', async () => {
    const customerId = `${unique}`
    await publisher.publish(customerReceived, {
      customerId,
      firstName: 'Mary Jane',
      lastName: 'Watson-Parker',
      email: {},
      acceptsMarketing: true,
      emailMarketingConsent: {},
      createdAt: null,
      updatedAt: null,
      defaultAddress: null,
    })
    const [billing] = await recordsOf(billingCustomerRegistered.name, [customerId], 1)
    expect(await decoded(billingCustomerRegistered, billing)).toEqual({
      customerId,
      legalName: 'Mary Jane Watson-Parker',
      address: null,
      email: null,
    })
    const [marketing] = await recordsOf(marketingCustomerRegistered.name, [customerId], 1)
    expect(await decoded(marketingCustomerRegistered, marketing)).toMatchObject({
      name: { given: 'Mary', middle: 'Jane', family: 'Watson-Parker' },
      consent: 'granted',
    })
    expect(billing?.headers.text(ceHeaders.id)).not.toBe(marketing?.headers.text(ceHeaders.id))
  })

  it('turns an unknown country into a letter, lets its neighbours through, and heals once the alias is deployed', async () => {
    const source = letterSources().find(({ topic, group }) => topic === invoiceReceived && group === 'transformer')
    if (source === undefined || running === undefined) throw new Error('the transformer has no dead letters')
    const [first, eire, last] = [2, 3, 4].map((offset) => `${unique + offset}`) as [string, string, string]
    for (const [invoiceNo, country] of [
      [first, 'France'],
      [eire, 'EIRE'],
      [last, 'Hong Kong'],
    ] as const)
      await publisher.publish(invoiceReceived, invoice(invoiceNo, country))

    expect(await recordsOf(orderPlaced.name, [first, last], 2)).toHaveLength(2)
    const [letter] = await recordsOf(source.deadLetterTopic, [eire], 1)
    const [original] = await recordsOf(invoiceReceived.name, [eire], 1)
    if (letter === undefined || original === undefined) throw new Error('no letter')
    expect(letter.value).toEqual(original.value)
    expect(letter.headers.text(deadLetterHeaders.code)).toBe('ICX_HANDLER_REJECTED')
    expect(letter.headers.text(deadLetterHeaders.reason)).toBe('poison')
    expect(letter.headers.text(deadLetterHeaders.errorMessage)).toContain('no country code for EIRE')

    expect(await stopped(running)).toBe(0)
    await startTransformer(fileURLToPath(shippedAliasesFile))
    const lane = await transport.createProducer()
    const [outcome] = await lane.send([laneRecord(source, letter, 'replay-1', Date.now())])
    await lane.close()
    expect(outcome?.status).toBe('ok')

    const [order] = await recordsOf(orderPlaced.name, [eire], 1)
    expect(await decoded(orderPlaced, order)).toMatchObject({ orderId: eire, countryCode: 'IE' })
    expect(order?.partition).toBe(partitionOf(Buffer.from(eire), orderPlaced.partitions))
  })
})
