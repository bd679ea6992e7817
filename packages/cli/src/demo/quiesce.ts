import { setTimeout as pause } from 'node:timers/promises'
import { groups } from '@interchange/contracts'
import type { TransportAdmin } from '@interchange/messaging'
import { lagOf } from '../commands/groups.ts'
import { CommandEnd, exitCodes } from '../exit-codes.ts'

/**
 * Waits until every group has read everything: lag 0 twice in a row, as the transformer's last output may arrive between
 * two looks. Rejects when the lag has not shrunk for `stalledMs`.
 */
export const quiesce = async (
  admin: TransportAdmin,
  options: { readonly stalledMs: number; readonly signal: AbortSignal; readonly onLag: (lag: number) => void },
): Promise<void> => {
  let quiet = 0
  let least = Number.POSITIVE_INFINITY
  let movedAt = Date.now()
  while (quiet < 2) {
    const lags = await Promise.all(groups.map((group) => lagOf(admin, group)))
    const lag = lags.flat().reduce((sum, row) => sum + row.lag, 0)
    options.onLag(lag)
    quiet = lag === 0 ? quiet + 1 : 0
    if (lag < least) {
      least = lag
      movedAt = Date.now()
    }
    if (Date.now() - movedAt > options.stalledMs && lag > 0) {
      const stuck = lags.flat().filter((row) => row.lag > 0)
      throw new CommandEnd(
        exitCodes.failed,
        `Nothing moves:\n${stuck.map((row) => `  ${row.group} ${row.topic}/${row.partition} lag ${row.lag}`).join('\n')}`,
      )
    }
    await pause(250, undefined, { signal: options.signal })
  }
}
