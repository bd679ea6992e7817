import type { ConfigOf, databaseConfig, storeConfig } from '@interchange/config'
import type { EffectStore, Route } from '@interchange/messaging'
import { effectStoreProviders, Subscription } from '@interchange/nest'
import type { Transaction } from '@interchange/store'
import type { Provider } from '@nestjs/common'

/** A consumer group with its own schema: what it listens to, and how its effects are written. */
export interface Subscriber<Effect> {
  /** Also the name of its Postgres schema. */
  readonly group: string
  readonly migrations: URL
  readonly apply: (tx: Transaction, effects: readonly Effect[]) => Promise<void>
  readonly routes: (store: EffectStore<Effect>) => readonly Route[]
}

/** The store of a subscriber and the routes on it. */
export const subscriberProviders = <Effect>(
  { group, migrations, apply, routes }: Subscriber<Effect>,
  { database, store }: { database: ConfigOf<typeof databaseConfig>; store: ConfigOf<typeof storeConfig> },
): readonly Provider[] => {
  const effects = Symbol(`${group} effects`)
  return [
    ...effectStoreProviders({ provide: effects, group, apply, migrations, database, store }),
    {
      provide: Symbol(`${group} routes`),
      inject: [effects],
      useFactory: (own: EffectStore<Effect>) => new Subscription(routes(own)),
    },
  ]
}
