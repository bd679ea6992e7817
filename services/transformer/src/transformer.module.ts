import type { ConfigOf } from '@interchange/config'
import { Subscription } from '@interchange/nest'
import { type DynamicModule, Module } from '@nestjs/common'
import type { transformerConfig } from './config.ts'
import { loadCountries, shippedAliasesFile } from './countries/country-aliases.ts'
import { transformerRoutes } from './routes.ts'

@Module({})
class TransformerModule {}

/** The transformer's one group and what it needs. Throws `ICX_CONFIG_INVALID` for a country alias file it cannot use. */
export const transformerModule = (config: ConfigOf<typeof transformerConfig>): DynamicModule => {
  const countries = loadCountries(config.countryAliasesFile ?? shippedAliasesFile)
  const subscription = new Subscription(
    transformerRoutes(countries, config.testOrders, config.transactions ? 'transactional' : 'at-least-once'),
  )
  return { module: TransformerModule, providers: [{ provide: Subscription, useValue: subscription }] }
}
