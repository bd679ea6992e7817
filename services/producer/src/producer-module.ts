import type { ConfigOf, databaseConfig } from '@interchange/config'
import type { Codec, Logger, Publisher, Transport } from '@interchange/messaging'
import { CODEC, databaseProvider, LIFETIMES, type Lifetimes, LOGGER, PUBLISHER, TRANSPORT } from '@interchange/nest'
import type { Database } from '@interchange/store'
import { type DynamicModule, Inject, Module, type OnApplicationBootstrap } from '@nestjs/common'
import { createProducer, type Producer, type ProducerSettings } from './create-producer.ts'
import { ImportController } from './imports/import-controller.ts'
import { OpenapiController } from './openapi/openapi-controller.ts'
import { EventController } from './progress/event-controller.ts'
import { readAlong } from './progress/read-along.ts'
import { DATABASE, PRODUCER } from './tokens.ts'
import { WebhookController } from './webhooks/webhook-controller.ts'

/** Claims of a batch, its checkpoint, a lease and the HTTP requests beside them. */
const poolMin = 8

/** The producer over the Kafka, logger and lifetimes of `runService`. */
@Module({})
export class ProducerModule implements OnApplicationBootstrap {
  readonly #producer: Producer
  readonly #lifetimes: Lifetimes
  readonly #logger: Logger

  constructor(
    @Inject(PRODUCER) producer: Producer,
    @Inject(LIFETIMES) lifetimes: Lifetimes,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.#producer = producer
    this.#lifetimes = lifetimes
    this.#logger = logger
  }

  static with(settings: ProducerSettings & { database: ConfigOf<typeof databaseConfig> }): DynamicModule {
    return {
      module: ProducerModule,
      controllers: [WebhookController, ImportController, EventController, OpenapiController],
      providers: [
        databaseProvider({
          provide: DATABASE,
          settings: settings.database,
          schema: 'producer',
          migrations: new URL('../migrations/', import.meta.url),
          poolMax: Math.max(poolMin, settings.database.poolMax),
        }),
        {
          provide: PRODUCER,
          inject: [DATABASE, TRANSPORT, CODEC, PUBLISHER, LOGGER],
          useFactory: (
            database: Database,
            transport: Transport,
            codec: Codec,
            publisher: Publisher,
            logger: Logger,
          ): Promise<Producer> => createProducer({ settings, database, transport, codec, publisher, logger }),
        },
      ],
    }
  }

  onApplicationBootstrap(): void {
    const stop = readAlong(this.#producer, this.#logger)
    this.#lifetimes.add('groups', 'progress', stop)
    this.#lifetimes.add('groups', 'imports', () => this.#producer.stopImports())
  }
}
