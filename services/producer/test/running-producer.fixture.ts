import { type ChildProcess, spawn } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { compatibilityOfKind, createCodec, createRegistryClient, registerSchemas } from '@interchange/avro'
import { catalogue, schemaVersions, topics } from '@interchange/contracts'
import { createKafkaTransport } from '@interchange/kafka'
import { type AnyTopic, ceHeaders, silentLogger, type Transport, type TransportRecord } from '@interchange/messaging'
import { createDatabase } from '@interchange/store'

/** The compiled service as its own process, with a database of its own, on the components that the environment names. */
export interface RunningProducer {
  readonly url: string
  readonly pid: () => number
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
  /** Starts the same service again: same database, spool and port. */
  start(): Promise<void>
  stop(): Promise<void>
  /** Everything the process said. */
  log(): string
}

export const webhookSecret = 'the secret of the tests'
export const ingestToken = 'a-token-of-the-tests'

const entry = fileURLToPath(new URL('../dist/main.js', import.meta.url))

export const needed = (name: string): string => {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set: run the int project, whose set-up starts the stack`)
  return value
}

/** A transport to the tests' Kafka. */
export const testTransport = (): Transport =>
  createKafkaTransport(
    { brokers: needed('KAFKA_BROKERS').split(','), clientId: 'producer-tests' },
    { logger: silentLogger },
  )

/** A codec over the tests' registry. */
export const testCodec = () => createCodec({ source: createRegistryClient({ url: needed('SCHEMA_REGISTRY_URL') }) })

/** Creates all topics and registers all schemas; safe to repeat. */
export const prepareCluster = async (): Promise<void> => {
  const admin = await testTransport().createAdmin()
  const specs = catalogue.map(({ name, partitions, configs }) => ({ name, partitions, replicationFactor: -1, configs }))
  await admin.createTopics(specs)
  await admin.close()
  const subjects = topics.map((topic) => ({
    compatibility: compatibilityOfKind[topic.kind],
    versions: schemaVersions.find(([first]) => first.subject === topic.schema.subject) ?? [topic.schema],
  }))
  await registerSchemas(needed('SCHEMA_REGISTRY_URL'), subjects)
}

/** Creates an empty database beside the one of the environment; answers its URL. */
export const newDatabaseUrl = async (): Promise<string> => {
  const name = `producer_test_${randomBytes(6).toString('hex')}`
  const server = createDatabase({ url: needed('DATABASE_URL'), schema: 'public' })
  await server.query(`CREATE DATABASE ${name}`)
  await server.close()
  const url = new URL(needed('DATABASE_URL'))
  url.pathname = `/${name}`
  return url.href
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** Starts the service and waits until it is ready. */
export const startProducer = async (env: Readonly<Record<string, string>> = {}): Promise<RunningProducer> => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const settings = {
    ...process.env,
    DATABASE_URL: await newDatabaseUrl(),
    SPOOL_DIR: await mkdtemp(join(tmpdir(), 'producer-spool-')),
    SHOP_WEBHOOK_SECRET: webhookSecret,
    INGEST_TOKENS: ingestToken,
    PORT: String(port),
    IMPORT_LEASE_MS: '1000',
    PROGRESS_GROUP: `producer-progress-${randomBytes(6).toString('hex')}`,
    OTEL_SDK_DISABLED: 'true',
    ...env,
  }
  let child: ChildProcess
  let said = ''

  const start = async (): Promise<void> => {
    child = spawn(process.execPath, ['--enable-source-maps', entry], {
      env: settings,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout?.on('data', (chunk) => {
      said += chunk
    })
    child.stderr?.on('data', (chunk) => {
      said += chunk
    })
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`the producer ended: ${said.slice(-2_000)}`)
      return (await fetch(`${url}/health/ready`).catch(() => undefined))?.ok
    }, 60_000)
  }
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
  await start()
  return {
    url,
    pid: () => child.pid ?? 0,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    start,
    log: () => said,
  }
}

/** What a response's JSON body says. */
// biome-ignore lint/suspicious/noExplicitAny: the tests assert its shape.
export const json = async (response: Response | Promise<Response>): Promise<any> => (await response).json()

/** Waits until `state` answers something that is true; answers it. */
export const until = async <State>(state: () => Promise<State>, withinMs = 30_000): Promise<NonNullable<State>> => {
  const untilMs = performance.now() + withinMs
  for (;;) {
    const seen = await state()
    if (seen) return seen
    if (performance.now() > untilMs) throw new Error(`not within ${withinMs} ms`)
    await delay(50)
  }
}

/** Sends a webhook as the shop does. */
export const sendWebhook = (
  producer: Pick<RunningProducer, 'url'>,
  topic: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> =>
  fetch(`${producer.url}/webhooks/shop/${topic}`, {
    method: 'POST',
    body: Buffer.from(body),
    headers: {
      'content-type': 'application/json',
      'x-shopify-hmac-sha256': createHmac('sha256', webhookSecret).update(body).digest('base64'),
      'x-shopify-event-id': randomBytes(8).toString('hex'),
      'x-shopify-shop-domain': 'tests.example',
      ...headers,
    },
  })

/** Sends a file as an import. */
export const sendImport = (
  producer: Pick<RunningProducer, 'url'>,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> =>
  fetch(`${producer.url}/imports/retail`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'text/csv',
      authorization: `Bearer ${ingestToken}`,
      'idempotency-key': randomBytes(8).toString('hex'),
      ...headers,
    },
  })

/** GET with the token of the tests. */
export const get = (producer: Pick<RunningProducer, 'url'>, path: string): Promise<Response> =>
  fetch(producer.url + path, { headers: { authorization: `Bearer ${ingestToken}` } })

/** A record on a topic, with the id of its event. */
export interface SeenRecord {
  readonly id: string | undefined
  readonly record: TransportRecord
}

/** Remembers where the topic ends now; the result reads what came since. */
export const mark = async (transport: Transport, topic: AnyTopic): Promise<() => Promise<SeenRecord[]>> => {
  const admin = await transport.createAdmin()
  const starts = new Map((await admin.topicOffsets(topic.name)).map(({ partition, latest }) => [partition, latest]))
  return async () => {
    const ends = await admin.topicOffsets(topic.name)
    const ranges = ends.flatMap(({ partition, latest }) => {
      const fromOffset = starts.get(partition) ?? 0
      return latest > fromOffset ? [{ topic: topic.name, partition, fromOffset, untilOffset: latest }] : []
    })
    const seen: SeenRecord[] = []
    for await (const record of transport.read(ranges)) seen.push({ id: record.headers.text(ceHeaders.id), record })
    return seen
  }
}
