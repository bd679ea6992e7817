import type { ConfigOf, storeConfig } from '@interchange/config'
import {
  defaultRetryPolicy,
  type Logger,
  type Route,
  replayLaneName,
  type Transport,
  type TransportAdmin,
} from '@interchange/messaging'
import {
  checkInboxWindow,
  createInboxPruner,
  createRelay,
  type Database,
  type Relay,
  type Retention,
} from '@interchange/store'
import type { Lifetimes } from './lifetimes.ts'

/** The Postgres schema in which a group has its inbox and its outbox beside its effects. */
export interface GroupStore {
  readonly database: Database
  readonly settings: ConfigOf<typeof storeConfig>
}

/** A consumer group as the application describes it. */
export interface GroupParts {
  readonly routes: readonly Route[]
  /** Undefined for a group that only publishes, or keeps its effects elsewhere. */
  readonly store: GroupStore | undefined
}

const dayMs = 86_400_000

const windowMsOf = ({ settings }: GroupStore): number =>
  settings.inboxWindowDays === -1 ? -1 : settings.inboxWindowDays * dayMs

/** Rejects with `ICX_CONFIG_INVALID`, class `fatal`, when an inbox forgets what its group's topics can still bring again. */
export const checkInboxes =
  (groups: readonly { group: string; routes: readonly Route[]; store: GroupStore }[]) =>
  async (admin: TransportAdmin): Promise<void> => {
    for (const { group, routes, store } of groups) {
      const windowMs = windowMsOf(store)
      if (windowMs === -1) continue
      const names = routes.flatMap(({ from }) => [from.name, replayLaneName(from.name, group)])
      const read = [...(await admin.retentionsMs(names))].map(
        ([topic, ms]): Retention => ({ what: `${topic} (retention.ms and segment.ms)`, ms }),
      )
      checkInboxWindow({
        windowMs,
        retentions: [...read, ...routes.map(waitOf)],
        remedy: 'raise INBOX_WINDOW_DAYS, set it to -1, or shorten the retention',
      })
    }
  }

/** A message may wait this long while its second copy, or its replay, is already settled. */
const waitOf = ({ from, retry }: Route): Retention => {
  const policy = { ...defaultRetryPolicy, ...retry }
  const ms = policy.waitingAttemptsMax * policy.waitingBackoffMsMax + policy.waitingNotYetMsMax
  return { what: `the waiting table, for ${from.name},`, ms: Number.isFinite(ms) ? ms : -1 }
}

/** Relays the group's outbox and prunes its inbox until the process lets go. */
export const startUpkeep = (
  group: string,
  store: GroupStore,
  { transport, logger, lifetimes }: { transport: Transport; logger: Logger; lifetimes: Lifetimes },
): Relay => {
  const { database, settings } = store
  const { outboxLeaseMs: leaseMs, outboxPollMs: pollMs, inboxPruneEveryMs: everyMs } = settings
  const relay = createRelay({ database, transport, logger, leaseMs, pollMs })
  lifetimes.add('upkeep', `${group} relay`, () => relay.close())
  const pruner = createInboxPruner({ database, windowMs: windowMsOf(store), everyMs, logger })
  lifetimes.add('upkeep', `${group} pruner`, () => pruner.close())
  return relay
}
