import type { ConfigOf, databaseConfig } from '@interchange/config'
import type { EffectStore, Route } from '@interchange/messaging'
import { databaseProvider, Subscription } from '@interchange/nest'
import { createWaitingEffectStore, type Database, type Transaction } from '@interchange/store'
import type { Provider } from '@nestjs/common'

/** A consumer group with its own schema: what it listens to, and how its effects are written. */
export interface Subscriber<Effect> {
  /** Also the name of its Postgres schema. */
  readonly group: string
  readonly migrations: URL
  readonly apply: (tx: Transaction, effects: readonly Effect[]) => Promise<void>
  readonly routes: (store: EffectStore<Effect>) => readonly Route[]
}

/** The database of a subscriber and the routes on it. */
export const subscriberProviders = <Effect>(
  { group, migrations, apply, routes }: Subscriber<Effect>,
  settings: ConfigOf<typeof databaseConfig>,
): readonly Provider[] => {
  const database = Symbol(`${group} database`)
  return [
    databaseProvider({ provide: database, settings, schema: group, migrations }),
    {
      provide: Symbol(`${group} routes`),
      inject: [database],
      useFactory: (own: Database) => new Subscription(routes(createWaitingEffectStore({ database: own, apply }))),
    },
  ]
}
