import { httpConfig, kafkaConfig, readConfig, registryConfig, telemetryConfig } from '@interchange/config'
import type { AnyTopic, Codec, Logger } from '@interchange/messaging'
import { createMemoryTransport, type MemoryTransport } from '@interchange/messaging/memory'
import { startTelemetry } from '@interchange/telemetry'
import { type DynamicModule, Module, type Type } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import { HealthController } from './health-controller.ts'
import { createHttpAdapter } from './http-adapter.ts'
import { KafkaModule } from './kafka-module.ts'
import { nestLogger } from './nest-logger.ts'
import { ProblemFilter } from './problem-filter.ts'

/** Values as JSON text, so that a test of the wiring needs no registry. */
export const jsonCodec: Codec = {
  prepare: async () => undefined,
  encode: (_topic, value) => Buffer.from(JSON.stringify(value)),
  decode: (_topic, bytes) => JSON.parse(bytes.toString()),
  resolve: async () => undefined,
  schemaId: () => undefined,
}

export interface TestApplication {
  readonly app: NestFastifyApplication
  readonly transport: MemoryTransport
  readonly fatal: unknown[]
  readonly lines: { readonly fields: Readonly<Record<string, unknown>>; readonly message: string }[]
}

export interface TestApplicationOptions {
  readonly module: Type | DynamicModule
  readonly publishes?: readonly AnyTopic[]
  readonly topicsApply?: boolean
  readonly transport?: MemoryTransport
  readonly env?: Readonly<Record<string, string>>
  readonly configure?: (app: NestFastifyApplication) => void
}

@Module({})
class TestRoot {}

/** The whole of a service but Kafka, registry and process, for tests. */
export const startTestApplication = async (options: TestApplicationOptions): Promise<TestApplication> => {
  const parts = { kafka: kafkaConfig, registry: registryConfig, http: httpConfig, telemetry: telemetryConfig }
  const config = readConfig(parts, {
    KAFKA_BROKERS: 'memory:1',
    SCHEMA_REGISTRY_URL: 'http://memory',
    TOPICS_APPLY: String(options.topicsApply ?? true),
    ...options.env,
  })
  const lines: TestApplication['lines'] = []
  const say = (fields: Readonly<Record<string, unknown>>, message: string): void => void lines.push({ fields, message })
  const logger: Logger = { debug: () => undefined, info: say, warn: say, error: say }
  const service = { name: 'test-service', version: '0.0.1' }
  const telemetry = startTelemetry({ service, settings: config.telemetry, logger })
  const transport = options.transport ?? createMemoryTransport()
  const fatal: unknown[] = []
  const app = await NestFactory.create<NestFastifyApplication>(
    {
      module: TestRoot,
      controllers: [HealthController],
      imports: [
        KafkaModule.forRoot({
          service,
          kafka: config.kafka,
          registry: config.registry,
          publishes: options.publishes ?? [],
          logger,
          telemetry,
          shutdownTimeoutMs: 5_000,
          onFatal: (error) => void fatal.push(error),
          transport,
          codec: jsonCodec,
        }),
        options.module,
      ],
    },
    createHttpAdapter(config.http, telemetry.http),
    { logger: nestLogger(logger), abortOnError: false, rawBody: true },
  )
  app.useGlobalFilters(new ProblemFilter(logger))
  options.configure?.(app)
  await app.listen(0, '127.0.0.1')
  return { app, transport, fatal, lines }
}
