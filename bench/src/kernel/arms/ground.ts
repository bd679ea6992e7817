import { createCodec, createRegistryClient } from '@interchange/avro'
import { createKafkaTransport } from '@interchange/kafka'
import {
  type Codec,
  type ConsumerGroup,
  createConsumerGroup,
  createPublisher,
  deadLetterTopicName,
  type Route,
  replayLaneName,
  silentLogger,
  systemClock,
} from '@interchange/messaging'
import { startTelemetry, type Telemetry } from '@interchange/telemetry'
import type { ArmInput } from '../meter.ts'

export const benchService = { name: 'bench', version: '1' } as const

/** Metrics and traces exported as a service does; the events say which trace is sampled. */
export const benchTelemetry = (
  { otlpUrl }: ArmInput,
  { metricIntervalMs = 5_000 }: { readonly metricIntervalMs?: number } = {},
): Telemetry =>
  startTelemetry({
    service: benchService,
    logger: silentLogger,
    settings: {
      disabled: false,
      endpoint: otlpUrl,
      headers: undefined,
      serviceName: undefined,
      resourceAttributes: undefined,
      tracesExporter: 'otlp',
      metricsExporter: 'otlp',
      metricIntervalMs,
      sampler: 'parentbased_traceidratio',
      samplerRatio: 0.01,
      relation: 'parent',
    },
  })

/** A group that reads: `ended` rejects when it ends by itself, or when a message does not succeed. */
export interface RunningGroup {
  readonly consumer: ConsumerGroup
  readonly ended: Promise<never>
}

/** What a service of ours has around its routes. */
export interface OurGround {
  readonly codec: Codec
  /** Starts the group of `route`, its dead-letter topic and replay lane in place. */
  start(route: Route): Promise<RunningGroup>
  close(): Promise<void>
}

/** Real registry unless `codec` is given, metrics and traces exported. */
export const createOurGround = async (input: ArmInput, codec?: Codec): Promise<OurGround> => {
  const telemetry = benchTelemetry(input)
  const transport = createKafkaTransport(
    { brokers: input.brokers.split(','), clientId: 'bench' },
    { logger: silentLogger },
  )
  const given = {
    transport,
    codec: codec ?? createCodec({ source: createRegistryClient({ url: input.registryUrl }) }),
    service: benchService,
    clock: systemClock,
    random: Math.random,
    metrics: telemetry.metrics,
    tracing: telemetry.tracing,
  }
  const publisher = await createPublisher(given)
  const admin = await transport.createAdmin()
  return {
    codec: given.codec,
    async start(route) {
      const { from, group } = route
      const own = [deadLetterTopicName(from.name, group), replayLaneName(from.name, group)]
      await admin.createTopics(own.map((name) => ({ name, partitions: 1, replicationFactor: 1, configs: {} })))
      const ended = Promise.withResolvers<never>()
      const consumer = await createConsumerGroup({
        ...given,
        group,
        routes: [route],
        publisher,
        reportOutcome: async ({ outcome }) => ended.reject(new Error(`a message became ${outcome}`)),
        logger: silentLogger,
        onEnded: ended.reject,
      })
      return { consumer, ended: ended.promise }
    },
    async close() {
      await telemetry.shutdown(5_000)
      await Promise.all([publisher.close(), admin.close()])
    },
  }
}
