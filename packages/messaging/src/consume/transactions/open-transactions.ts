import type { ConsumerGroupOptions } from '../../consumer-group.ts'
import { InterchangeError } from '../../failure/failure.ts'
import type { Transactions, TransportAdmin, TransportFeature } from '../../transport.ts'
import type { CompiledRoute } from '../compiled-route.ts'
import type { GroupLimits } from '../group-limits.ts'

/** What a group that commits in transactions needs of its transport. */
export interface OpenTransactions {
  readonly transactions: Transactions
  readonly admin: TransportAdmin
  close(): Promise<void>
}

/**
 * Throws `ICX_CONFIG_INVALID` (class `fatal`) when the group asks for what its driver does not keep: a driver that shows
 * aborted records, or does not fence a former owner, would break in silence what was asked for.
 */
export const refuseGaps = (
  { group, transport }: ConsumerGroupOptions,
  routes: ReadonlyMap<string, CompiledRoute>,
  { isolation }: GroupLimits,
): void => {
  const transactional = isTransactional(routes)
  const refuse = (feature: TransportFeature, reason: string): never => {
    throw new InterchangeError(
      'ICX_CONFIG_INVALID',
      `Consumer group ${group} asks for ${feature}, which driver ${transport.driver} does not keep: ${reason}.`,
      { class: 'fatal', facts: { group, feature, driver: transport.driver } },
    )
  }
  const { gaps } = transport
  if (isolation === 'read_committed' && gaps?.['read-committed'] !== undefined)
    refuse('read-committed', gaps['read-committed'])
  if (!transactional) return
  if (gaps?.transactions !== undefined) refuse('transactions', gaps.transactions)
  if (transport.createTransactions === undefined) refuse('transactions', 'it writes none')
  if (isolation !== 'read_committed') refuse('transactions', 'the group reads what is not committed')
}

/** Undefined where no route commits in transactions. Rejects with class `outage` when the broker cannot be reached. */
export const openTransactions = async (
  { transport }: ConsumerGroupOptions,
  routes: ReadonlyMap<string, CompiledRoute>,
): Promise<OpenTransactions | undefined> => {
  if (!isTransactional(routes)) return undefined
  const transactions = await transport.createTransactions?.()
  if (transactions === undefined) return undefined
  try {
    const admin = await transport.createAdmin()
    return {
      transactions,
      admin,
      async close() {
        await Promise.all([transactions.close(), admin.close()])
      },
    }
  } catch (error) {
    await transactions.close()
    throw error
  }
}

export const isTransactional = (routes: ReadonlyMap<string, CompiledRoute>): boolean =>
  [...routes.values()].some(({ transactional }) => transactional)
