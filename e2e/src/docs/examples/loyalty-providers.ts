import type { ConfigOf, databaseConfig } from '@interchange/config'
import { databaseProvider } from '@interchange/nest'
import { createEffectStore, type Database, type Transaction } from '@interchange/store'
import type { Points } from './earn-points.ts'
import { Loyalty, POINTS_STORE } from './loyalty.ts'

const DATABASE = Symbol('loyalty database')

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

/** What the service's module provides. */
export const loyaltyProviders = (settings: ConfigOf<typeof databaseConfig>) => [
  Loyalty,
  databaseProvider({
    provide: DATABASE,
    settings,
    schema: 'loyalty',
    migrations: new URL('./migrations/', import.meta.url),
  }),
  {
    provide: POINTS_STORE,
    inject: [DATABASE],
    useFactory: (database: Database) => createEffectStore({ database, apply: addPoints }),
  },
]
