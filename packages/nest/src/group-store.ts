import type { ConfigOf, storeConfig } from '@interchange/config'
import {
  defaultRetryPolicy,
  type Logger,
  type Route,
  replayLaneName,
  retryTopicName,
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
  readOutboxState,
} from '@interchange/store'
import type { Telemetry } from '@interchange/telemetry'
import type { Lifetimes } from './lifetimes.ts'

/**
 * The Postgres schema in which a group has its inbox and its outbox beside its effects. A provider with this value is found at
 * start: the inbox is checked and pruned, the outbox relayed.
 */
export class GroupStore {
  readonly group: string
  readonly database: Database
  readonly settings: ConfigOf<typeof storeConfig>

  constructor(group: string, database: Database, settings: ConfigOf<typeof storeConfig>) {
    this.group = group
    this.database = database
    this.settings = settings
  }
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
  (groups: readonly { routes: readonly Route[]; store: GroupStore }[]) =>
  async (admin: TransportAdmin): Promise<void> => {
    for (const { routes, store } of groups) {
      const windowMs = windowMsOf(store)
      if (windowMs === -1) continue
      const names = routes.flatMap(topicsReadBy)
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

const topicsReadBy = ({ from, group }: Route): readonly string[] => [
  from.name,
  replayLaneName(from.name, group),
  ...(from.retryDelaysMs?.[group] ?? []).map((_, index) => retryTopicName(from.name, group, index + 1)),
]

/** A message may wait this long while its second copy, or its replay, is already settled. */
const waitOf = ({ from, retry }: Route): Retention => {
  const policy = { ...defaultRetryPolicy, ...retry }
  const ms = policy.waitingAttemptsMax * policy.waitingBackoffMsMax + policy.waitingNotYetMsMax
  return { what: `the waiting table, for ${from.name},`, ms: Number.isFinite(ms) ? ms : -1 }
}

export interface UpkeepOptions {
  readonly transport: Transport
  readonly logger: Logger
  readonly lifetimes: Lifetimes
  readonly telemetry: Pick<Telemetry, 'observeOutbox'>
}

/** Relays the group's outbox and prunes its inbox until the process lets go. */
export const startUpkeep = (store: GroupStore, { transport, logger, lifetimes, telemetry }: UpkeepOptions): Relay => {
  const { group, database, settings } = store
  const { outboxLeaseMs: leaseMs, outboxPollMs: pollMs, inboxPruneEveryMs: everyMs } = settings
  const relay = createRelay({ database, transport, logger, leaseMs, pollMs })
  lifetimes.add('upkeep', `${group} relay`, () => relay.close())
  const pruner = createInboxPruner({ database, windowMs: windowMsOf(store), everyMs, logger })
  lifetimes.add('upkeep', `${group} pruner`, () => pruner.close())
  telemetry.observeOutbox(group, () => readOutboxState(database))
  return relay
}
