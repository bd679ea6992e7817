import type { AnyTopic, Logger, Publisher } from '@interchange/messaging'
import { createOutbox } from '@interchange/store'
import { activeCorrelationId, type Telemetry } from '@interchange/telemetry'
import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common'
import { DiscoveryModule, DiscoveryService, MetadataScanner, ModuleRef } from '@nestjs/core'
import { findRoutes } from './find-routes.ts'
import { createKafkaRuntime, type KafkaRuntime, type KafkaRuntimeOptions } from './kafka-runtime.ts'
import { createLifetimes, type Lifetimes } from './lifetimes.ts'
import { CODEC, KAFKA, LIFETIMES, LOGGER, OUTBOX, PUBLISHER, TELEMETRY, TRANSPORT } from './tokens.ts'

const fatal: unique symbol = Symbol('interchange fatal')

export interface KafkaModuleOptions
  extends Pick<KafkaRuntimeOptions, 'service' | 'kafka' | 'registry' | 'transport' | 'codec' | 'onFatal'> {
  readonly publishes: readonly AnyTopic[]
  readonly logger: Logger
  readonly telemetry: Telemetry
  /** What the shutdown of groups, publisher and databases may take together. */
  readonly shutdownTimeoutMs: number
}

/**
 * Gives an application Kafka: `PUBLISHER`, `OUTBOX`, and a consumer group per group named in `@Consume` and `Subscription`. The
 * groups start when the application has, in the background; health says how far they are.
 */
@Module({})
export class KafkaModule implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #kafka: KafkaRuntime
  readonly #lifetimes: Lifetimes
  readonly #discovery: DiscoveryService
  readonly #modules: ModuleRef
  readonly #onFatal: (error: unknown) => void

  constructor(
    @Inject(KAFKA) kafka: KafkaRuntime,
    @Inject(LIFETIMES) lifetimes: Lifetimes,
    @Inject(DiscoveryService) discovery: DiscoveryService,
    @Inject(ModuleRef) modules: ModuleRef,
    @Inject(fatal) onFatal: (error: unknown) => void,
  ) {
    this.#kafka = kafka
    this.#lifetimes = lifetimes
    this.#discovery = discovery
    this.#modules = modules
    this.#onFatal = onFatal
  }

  static forRoot(options: KafkaModuleOptions): DynamicModule {
    const { logger, telemetry, onFatal } = options
    return {
      module: KafkaModule,
      global: true,
      imports: [DiscoveryModule],
      providers: [
        { provide: LOGGER, useValue: logger },
        { provide: TELEMETRY, useValue: telemetry },
        { provide: fatal, useValue: onFatal },
        { provide: LIFETIMES, useFactory: () => createLifetimes(logger, options.shutdownTimeoutMs) },
        {
          provide: KAFKA,
          inject: [LIFETIMES],
          useFactory: (lifetimes: Lifetimes) => createKafkaRuntime({ ...options, lifetimes }),
        },
        { provide: TRANSPORT, inject: [KAFKA], useFactory: (kafka: KafkaRuntime) => kafka.transport },
        { provide: CODEC, inject: [KAFKA], useFactory: (kafka: KafkaRuntime) => kafka.codec },
        {
          provide: PUBLISHER,
          inject: [KAFKA],
          useFactory: (kafka: KafkaRuntime) => correlatedPublisher(kafka.publisher),
        },
        {
          provide: OUTBOX,
          inject: [KAFKA],
          useFactory: ({ codec }: KafkaRuntime) => createOutbox({ codec, service: options.service }),
        },
      ],
      exports: [LOGGER, TELEMETRY, LIFETIMES, KAFKA, TRANSPORT, CODEC, PUBLISHER, OUTBOX],
    }
  }

  onApplicationBootstrap(): void {
    const routes = findRoutes({
      discovery: this.#discovery,
      scanner: new MetadataScanner(),
      resolve: (token) => this.#modules.get(token, { strict: false }),
    })
    // Not awaited: HTTP answers, and says "not yet", while the groups join.
    this.#kafka.start(routes).catch(this.#onFatal)
  }

  /** Nest has closed HTTP by now, so nothing new comes in. */
  async onApplicationShutdown(): Promise<void> {
    await this.#lifetimes.close()
  }
}

/** An event published within a request belongs to its conversation, unless the caller says otherwise. */
const correlatedPublisher = (publisher: Publisher): Publisher => ({
  publish(topic, value, options = {}) {
    const correlationId = options.correlationId ?? activeCorrelationId()
    return publisher.publish(topic, value, { ...options, ...(correlationId !== undefined && { correlationId }) })
  },
  flush: () => publisher.flush(),
  close: () => publisher.close(),
})
