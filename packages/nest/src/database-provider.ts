import type { ConfigOf, databaseConfig } from '@interchange/config'
import type { Logger } from '@interchange/messaging'
import { createDatabase, type Database, migrate } from '@interchange/store'
import type { FactoryProvider, InjectionToken } from '@nestjs/common'
import type { Lifetimes } from './lifetimes.ts'
import { LIFETIMES, LOGGER } from './tokens.ts'
import { untilUp } from './until-up.ts'

export interface DatabaseProviderOptions {
  /** The token under which the `Database` is injected. */
  readonly provide: InjectionToken
  readonly settings: ConfigOf<typeof databaseConfig>
  readonly schema: string
  /** The folder of the schema's `*.sql` migrations. */
  readonly migrations?: string | URL
  readonly poolMax?: number
}

/** A migrated database of one schema, closed in its turn. Waits for a Postgres that is still starting. */
export const databaseProvider = (options: DatabaseProviderOptions): FactoryProvider<Promise<Database>> => ({
  provide: options.provide,
  inject: [LOGGER, LIFETIMES],
  async useFactory(logger: Logger, lifetimes: Lifetimes) {
    const { schema, settings, poolMax = settings.poolMax } = options
    const { url, statementTimeoutMs } = settings
    const database = createDatabase({ url, schema, poolMax, statementTimeoutMs, logger, applicationName: schema })
    lifetimes.add('database', schema, () => database.close())
    const applied = await untilUp(`postgres, schema ${schema}`, () => migrate(database, options.migrations), { logger })
    if (applied.length > 0) logger.info({ schema, applied }, 'migrated')
    return database
  },
})
