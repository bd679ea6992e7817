import { databaseConfig } from '@interchange/config'
import { runService } from '@interchange/nest'
import { producerConfig } from './config.ts'
import { configureHttp } from './http/configure-http.ts'
import { ProducerModule } from './producer-module.ts'

await runService({
  name: 'producer',
  version: '0.1.0',
  config: { database: databaseConfig, producer: producerConfig },
  module: (settings) => ProducerModule.with(settings),
  configure: configureHttp,
})
