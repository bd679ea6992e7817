import { databaseConfig, storeConfig } from '@interchange/config'
import type { ServiceConfig } from '@interchange/nest'
import { type DynamicModule, Module } from '@nestjs/common'
import { ledger } from './ledger/ledger-routes.ts'
import { notifications } from './notifications/notifications-routes.ts'
import { subscriberProviders } from './subscriber.ts'
import { warehouse } from './warehouse/warehouse-routes.ts'

export const consumerConfig = { database: databaseConfig, store: storeConfig } as const

@Module({})
class ConsumerModule {}

/** Three subscribers that share a process and nothing else. */
export const consumerModule = (config: ServiceConfig<typeof consumerConfig>): DynamicModule => ({
  module: ConsumerModule,
  providers: [
    ...subscriberProviders(warehouse, config),
    ...subscriberProviders(ledger, config),
    ...subscriberProviders(notifications, config),
  ],
})
