import { randomUUID } from 'node:crypto'
import { createCodec, createRegistryClient } from '@interchange/avro'
import { ConfigError, kafkaConfig, readConfig, registryConfig } from '@interchange/config'
import { connectionOf, createKafkaTransport } from '@interchange/kafka'
import {
  type AnyTopic,
  type Codec,
  createPublisher,
  InterchangeError,
  noMetrics,
  noTracing,
  type Publisher,
  silentLogger,
  systemClock,
  type Transport,
  type TransportAdmin,
} from '@interchange/messaging'
import { CommandEnd, exitCodes } from './exit-codes.ts'
import { systemEnvironment } from './system-environment.ts'

/** The system a command talks to; everything is opened on first use and closed by `withSystem`. */
export interface System {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly transport: Transport
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal
  admin(): Promise<TransportAdmin>
  codec(): Promise<Codec>
  /** A publisher for these topics, their schemas resolved. */
  publisher(topics: readonly AnyTopic[]): Promise<Publisher>
}

/** Opens the system, runs a command on it, closes it, and says what to do when nobody answers. Answers what the command does. */
export const withSystem = async <Result>(
  command: (system: System) => Promise<Result>,
  environment: System['environment'] = systemEnvironment(),
): Promise<Result> => {
  const closers: (() => Promise<void>)[] = []
  const interrupted = new AbortController()
  const onSignal = (): void => interrupted.abort()
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  try {
    return await command(openSystem(environment, interrupted.signal, closers))
  } catch (error) {
    if (interrupted.signal.aborted) throw new CommandEnd(exitCodes.interrupted, 'Interrupted.')
    throw explained(error)
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
    for (const close of closers.reverse()) await close()
  }
}

const openSystem = (
  environment: System['environment'],
  signal: AbortSignal,
  closers: (() => Promise<void>)[],
): System => {
  const { kafka, registry } = readConfig({ kafka: kafkaConfig, registry: registryConfig }, environment)
  const connection = connectionOf(kafka, `ix-${randomUUID().slice(0, 8)}`)
  const transport = createKafkaTransport(connection, { logger: silentLogger })
  const codec = createCodec({ source: createRegistryClient({ url: registryUrl(registry) }) })
  const admin = once(async () => {
    const opened = await transport.createAdmin()
    closers.push(() => opened.close())
    return opened
  })
  return {
    environment,
    transport,
    signal,
    admin,
    codec: () => Promise.resolve(codec),
    publisher: async (topics) => {
      await codec.prepare(topics)
      const publisher = await createPublisher({
        transport,
        codec,
        service: { name: 'ix', version: '0.1.0' },
        clock: systemClock,
        random: Math.random,
        metrics: noMetrics,
        tracing: noTracing,
      })
      closers.push(() => publisher.close())
      return publisher
    },
  }
}

const registryUrl = (registry: {
  url: string
  username?: string | undefined
  password?: string | undefined
}): string => {
  const url = new URL(registry.url)
  url.username = registry.username ?? url.username
  url.password = registry.password ?? url.password
  return url.toString().replace(/\/$/, '')
}

const once = <Value>(open: () => Promise<Value>): (() => Promise<Value>) => {
  let opened: Promise<Value> | undefined
  return () => {
    opened ??= open()
    return opened
  }
}

/** An error as a command ends with it: with what to do where something is not there. */
export const explained = (error: unknown): unknown => {
  if (error instanceof ConfigError) {
    return new CommandEnd(exitCodes.cannotConnect, `${error.message}\nOr start everything here: ix stack up`, error)
  }
  if (error instanceof InterchangeError && error.failureClass === 'outage') {
    return new CommandEnd(exitCodes.cannotConnect, `${error.message}\nSee what is missing: ix doctor`, error)
  }
  return error
}
