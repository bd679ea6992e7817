import type { ConfigOf, databaseConfig, storeConfig } from '@interchange/config'
import type { EffectStore, Route } from '@interchange/messaging'
import { databaseProvider, OUTBOX, outcomeEvent, Subscription } from '@interchange/nest'
import {
  createWaitingEffectStore,
  type Database,
  type Outbox,
  outcomesInto,
  type Transaction,
} from '@interchange/store'
import type { Provider } from '@nestjs/common'

/** A consumer group with its own schema: what it listens to, and how its effects are written. */
export interface Subscriber<Effect> {
  /** Also the name of its Postgres schema. */
  readonly group: string
  readonly migrations: URL
  readonly apply: (tx: Transaction, effects: readonly Effect[]) => Promise<void>
  readonly routes: (store: EffectStore<Effect>) => readonly Route[]
}

/** The database of a subscriber, the routes on it, and the outbox that tells what became of what failed before. */
export const subscriberProviders = <Effect>(
  { group, migrations, apply, routes }: Subscriber<Effect>,
  config: { readonly database: ConfigOf<typeof databaseConfig>; readonly store: ConfigOf<typeof storeConfig> },
): readonly Provider[] => {
  const database = Symbol(`${group} database`)
  return [
    databaseProvider({ provide: database, settings: config.database, schema: group, migrations }),
    {
      provide: Symbol(`${group} routes`),
      inject: [database, OUTBOX],
      useFactory(own: Database, outbox: Outbox) {
        const tellOutcomes = outcomesInto(outbox, outcomeEvent)
        const store = createWaitingEffectStore({ database: own, apply, tellOutcomes })
        return new Subscription(routes(store), { database: own, settings: config.store })
      },
    },
  ]
}
