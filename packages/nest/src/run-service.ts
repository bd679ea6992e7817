import {
  type AnyConfigPart,
  type Config,
  ConfigError,
  type Environment,
  httpConfig,
  kafkaConfig,
  readConfig,
  registryConfig,
  serviceConfig,
  telemetryConfig,
} from '@interchange/config'
import { topics } from '@interchange/contracts'
import type { AnyTopic } from '@interchange/messaging'
import { createLogger, startTelemetry } from '@interchange/telemetry'
import { type DynamicModule, Module, type Type } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import { HealthController } from './health-controller.ts'
import { createHttpAdapter } from './http-adapter.ts'
import { KafkaModule } from './kafka-module.ts'
import { nestLogger } from './nest-logger.ts'
import { ProblemFilter } from './problem-filter.ts'
import { createProcessGuard } from './process-guard.ts'
import { CONFIG } from './tokens.ts'

/** What every service reads; its own parts come beside these. */
export const standardConfig = {
  kafka: kafkaConfig,
  registry: registryConfig,
  http: httpConfig,
  process: serviceConfig,
  telemetry: telemetryConfig,
} as const

/** The configuration of a service with parts of its own. */
export type ServiceConfig<Parts extends Readonly<Record<string, AnyConfigPart>>> = Config<typeof standardConfig> &
  Config<Parts>

export interface ServiceOptions<Parts extends Readonly<Record<string, AnyConfigPart>>> {
  readonly name: string
  readonly version: string
  /** Config parts of this service alone, for example `{ database: databaseConfig }`. */
  readonly config: Parts
  readonly module: (config: ServiceConfig<Parts>) => Type | DynamicModule
  /** Topics it publishes. Default: those the catalogue says it owns. */
  readonly publishes?: readonly AnyTopic[]
  /** Parsers, plug-ins, documents: called before the application starts. */
  readonly configure?: (app: NestFastifyApplication, config: ServiceConfig<Parts>) => void | Promise<void>
  /** Default: `process.env`. */
  readonly env?: Environment
}

@Module({})
class RootModule {}

/**
 * Runs a service until it is told to stop: reads the configuration, starts telemetry, HTTP and Kafka, and lets go in order (HTTP,
 * groups, publisher, databases, telemetry). Ends the process: 0 after SIGTERM or SIGINT, 1 when it cannot go on.
 */
export const runService = async <const Parts extends Readonly<Record<string, AnyConfigPart>>>(
  options: ServiceOptions<Parts>,
): Promise<void> => {
  const { name, version } = options
  const config = readOrExit(options)
  const logger = createLogger({ name, version, level: config.process.logLevel })
  const telemetry = startTelemetry({ service: { name, version }, settings: config.telemetry, logger })
  const guard = createProcessGuard({ logger, shutdownTimeoutMs: config.process.shutdownTimeoutMs })
  guard.onShutdown(async (leftMs) => telemetry.shutdown(leftMs))
  try {
    const app = await NestFactory.create<NestFastifyApplication>(
      rootModule(options, config, { logger, telemetry, onFatal: guard.fail }),
      createHttpAdapter(config.http, telemetry.http),
      { logger: nestLogger(logger), abortOnError: false, rawBody: true },
    )
    guard.beforeShutdown(async () => app.close())
    app.useGlobalFilters(new ProblemFilter(logger))
    await options.configure?.(app, config)
    await app.listen(config.http.port, config.http.host)
    logger.info({ url: await app.getUrl() }, 'listening')
  } catch (error) {
    guard.fail(error)
  }
}

const readOrExit = <Parts extends Readonly<Record<string, AnyConfigPart>>>(
  options: ServiceOptions<Parts>,
): ServiceConfig<Parts> => {
  try {
    return readConfig({ ...standardConfig, ...options.config }, options.env ?? process.env) as ServiceConfig<Parts>
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${options.name}: ${error.message}\n`)
    return process.exit(1)
  }
}

const rootModule = <Parts extends Readonly<Record<string, AnyConfigPart>>>(
  options: ServiceOptions<Parts>,
  config: ServiceConfig<Parts>,
  wiring: Pick<Parameters<typeof KafkaModule.forRoot>[0], 'logger' | 'telemetry' | 'onFatal'>,
): DynamicModule => {
  const { name, version, publishes = topics.filter(({ owner }) => owner === name) } = options
  return {
    module: RootModule,
    global: true,
    imports: [
      KafkaModule.forRoot({
        ...wiring,
        service: { name, version },
        kafka: config.kafka,
        registry: config.registry,
        publishes,
        shutdownTimeoutMs: config.process.shutdownTimeoutMs,
      }),
      options.module(config),
    ],
    controllers: [HealthController],
    providers: [{ provide: CONFIG, useValue: config }],
    exports: [CONFIG],
  }
}
