import type { databaseConfig, storeConfig } from '@interchange/config'
import type { ServiceConfig } from '@interchange/nest'
import { effectStoreProviders } from '@interchange/nest'
import type { Transaction } from '@interchange/store'
import type { Points } from './earn-points.ts'
import { Loyalty, POINTS_STORE } from './loyalty.ts'

/** Writes the points of a batch in one statement, in the transaction that also writes its inbox rows. */
export const addPoints = async (tx: Transaction, earned: readonly Points[]): Promise<void> => {
  await tx.query(
    `INSERT INTO points (order_id, customer_ref, points)
     SELECT * FROM unnest($1::text[], $2::text[], $3::integer[])`,
    [
      earned.map(({ orderId }) => orderId),
      earned.map(({ customerRef }) => customerRef),
      earned.map(({ points }) => points),
    ],
  )
}

/** What the service's module provides; `config` is read by `{ database: databaseConfig, store: storeConfig }`. */
export const loyaltyProviders = (
  config: ServiceConfig<{ database: typeof databaseConfig; store: typeof storeConfig }>,
) => [
  Loyalty,
  ...effectStoreProviders({
    provide: POINTS_STORE,
    group: 'loyalty',
    apply: addPoints,
    database: config.database,
    store: config.store,
    migrations: new URL('./migrations/', import.meta.url),
  }),
]
