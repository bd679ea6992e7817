import type { ConfigOf, databaseConfig, storeConfig } from '@interchange/config'
import { outcomeEvent } from '@interchange/contracts'
import type { DeliveryOutcome } from '@interchange/messaging'
import {
  createWaitingEffectStore,
  type Database,
  type EffectStoreOptions,
  type Outbox,
  outboxEvent,
  outcomesInto,
} from '@interchange/store'
import type { InjectionToken, Provider } from '@nestjs/common'
import { databaseProvider } from './database-provider.ts'
import { GroupStore } from './group-store.ts'
import { OUTBOX } from './tokens.ts'

export interface EffectStoreProvidersOptions<Effect> {
  /** The token under which the group's `EffectStore` is injected. */
  readonly provide: InjectionToken
  /** The consumer group; also the name of its Postgres schema. */
  readonly group: string
  readonly apply: EffectStoreOptions<Effect>['apply']
  readonly database: ConfigOf<typeof databaseConfig>
  readonly store: ConfigOf<typeof storeConfig>
  /** The folder of the schema's `*.sql` migrations. */
  readonly migrations?: string | URL
}

/**
 * A group's effects in Postgres, whole: a migrated schema with inbox, waiting table and outbox, what its handlers publish and what
 * became of its failed messages committed with the effects, a relay and a pruner beside the group.
 */
export const effectStoreProviders = <Effect>(options: EffectStoreProvidersOptions<Effect>): readonly Provider[] => {
  const { provide, group, apply, migrations } = options
  const schema = Symbol(`${group} database`)
  const asEvent = (outcome: DeliveryOutcome) => outboxEvent(outcomeEvent(outcome))
  return [
    databaseProvider({
      provide: schema,
      settings: options.database,
      schema: group,
      ...(migrations !== undefined && { migrations }),
    }),
    {
      provide,
      inject: [schema, OUTBOX],
      useFactory: (database: Database, outbox: Outbox) =>
        createWaitingEffectStore({ database, apply, outbox, tellOutcomes: outcomesInto(outbox, asEvent) }),
    },
    {
      provide: Symbol(`${group} store`),
      inject: [schema],
      useFactory: (database: Database) => new GroupStore(group, database, options.store),
    },
  ]
}
