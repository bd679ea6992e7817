import { replayAudit, timestampMillis } from '@interchange/contracts'
import {
  type Archived,
  type LetterBook,
  type ListedLetter,
  planContinuation,
  planReplay,
  type ReplayPlan,
  type ReplayPlanning,
  type ReplaySelection,
  type ReplayStatus,
  requireLetters,
  runReplay,
  type ShownLetter,
  showLetter,
} from '@interchange/dead-letters'
import {
  type Clock,
  type Codec,
  InterchangeError,
  type Logger,
  newEventId,
  type Publisher,
  type Transport,
  type TransportAdmin,
} from '@interchange/messaging'
import { type Run, statusFromTopics, statusOfRun } from './replay-status.ts'

export interface ReplayDeskOptions {
  readonly book: LetterBook
  readonly transport: Transport
  readonly codec: Codec
  readonly publisher: Publisher
  readonly clock: Clock
  readonly logger: Logger
}

export interface ReplayOrder {
  readonly selection: ReplaySelection
  readonly actor: string
  readonly reason: string
  readonly ratePerSecondMax: number | undefined
  readonly force: boolean
  readonly acceptReorder: boolean
}

export type ContinueOrder = Omit<ReplayOrder, 'selection' | 'force'>

export type ArchiveOrder = Pick<ReplayOrder, 'selection' | 'actor' | 'reason'>

/** The one writer of replay lanes and of the audit. */
export interface ReplayDesk {
  readonly book: LetterBook
  /** Plans now, runs in its turn. Rejects with `ICX_REPLAY_REFUSED` when no letter may be sent. */
  start(order: ReplayOrder): Promise<ReplayStatus>
  /**
   * Sends what a replay that was cut short has left, under its id, by whichever process. Undefined when nobody knows the replay; rejects
   * with `ICX_REPLAY_REFUSED` when it still runs, or when nothing of it may be sent.
   */
  continue(replayId: string, order: ContinueOrder): Promise<ReplayStatus | undefined>
  status(replayId: string): ReplayStatus | undefined
  /** In its turn, as a replay; resolves when it is done. Rejects with `ICX_REPLAY_REFUSED` when no letter may be archived. */
  archive(order: ArchiveOrder): Promise<Archived>
  /** The letter with its bytes; personal data only after the audit has taken it. */
  show(listed: ListedLetter, reveal: { readonly actor: string } | undefined): Promise<ShownLetter>
  /** Stops sending; what was not sent stays open. */
  stop(): Promise<void>
}

type RunOrder = Omit<ReplayOrder, 'selection'> & { readonly continues: boolean }

/** Most runs remembered as runs; older ones are told from the topics. */
const runsMax = 1_000

export const createReplayDesk = (options: ReplayDeskOptions): ReplayDesk => {
  const { book, transport, codec, publisher, clock, logger } = options
  const runs = new Map<string, Run>()
  const stopping = new AbortController()
  let queue: Promise<void> = Promise.resolve()

  const withAdmin = async <Result>(use: (admin: TransportAdmin) => Promise<Result>): Promise<Result> => {
    const admin = await transport.createAdmin()
    try {
      return await use(admin)
    } finally {
      await admin.close()
    }
  }

  const plan = (what: Pick<ReplayPlanning, 'selection' | 'force' | 'acceptReorder' | 'action'>): Promise<ReplayPlan> =>
    withAdmin(async (admin) =>
      requireLetters(await planReplay({ ...what, book, admin, transport, replayId: newEventId(clock.now()) })),
    )

  const execute = async (run: Run, planned: ReplayPlan, order: RunOrder): Promise<void> => {
    const { actor, reason, ratePerSecondMax, continues } = order
    const facts = { replayId: run.replayId, actor, planned: run.planned }
    try {
      run.progress = await runReplay({
        plan: order.force ? planned : stillOpen(planned),
        book,
        transport,
        publisher,
        actor,
        reason,
        continues,
        ratePerSecondMax,
        clock,
        signal: stopping.signal,
        onProgress: (progress) => {
          run.progress = progress
        },
      })
      logger.info({ ...facts, sent: run.progress.sent }, 'replayed')
    } catch (error) {
      run.error = error
      logger.error({ ...facts, sent: run.progress.sent, error }, 'the replay stopped')
    } finally {
      run.ended = true
    }
  }

  /** Without what a run before this one in the queue has sent meanwhile. */
  const stillOpen = (planned: ReplayPlan): ReplayPlan => ({
    ...planned,
    letters: planned.letters.filter(({ id }) => book.find(id)?.status.state !== 'replaying'),
  })

  const begin = (planned: ReplayPlan, order: RunOrder, plannedInAll = planned.letters.length): ReplayStatus => {
    const { replayId, letters, refused } = planned
    const run: Run = {
      replayId,
      actor: order.actor,
      reason: order.reason,
      startedAtMs: clock.now(),
      planned: plannedInAll,
      refused,
      progress: { planned: letters.length, sent: 0, skipped: 0, gone: 0 },
      ended: false,
      error: undefined,
    }
    runs.set(replayId, run)
    const [oldest] = runs.keys()
    if (runs.size > runsMax && oldest !== undefined) runs.delete(oldest)
    // One after the other: two runs at once would each keep half of what they promise about rate and order.
    queue = queue.then(() => execute(run, planned, order))
    return statusOfRun(run, book)
  }

  return {
    book,
    async start(order) {
      const { selection, force, acceptReorder } = order
      return begin(await plan({ selection, force, acceptReorder }), { ...order, continues: false })
    },
    async continue(replayId, order) {
      const begun = statusFromTopics(replayId, book)
      if (begun === undefined) return undefined
      if (runs.get(replayId)?.ended === false) {
        const facts = { replayId }
        throw new InterchangeError('ICX_REPLAY_REFUSED', 'The replay still runs.', { class: 'poison', facts })
      }
      const { acceptReorder } = order
      const left = await withAdmin((admin) => planContinuation({ book, admin, transport, replayId, acceptReorder }))
      if (left === undefined) return undefined
      return begin(requireLetters(left), { ...order, force: false, continues: true }, begun.counts.planned)
    },
    async archive({ selection, actor, reason }) {
      const planned = await plan({ selection, action: 'archive' })
      const archiving = queue.then(() =>
        runReplay({ action: 'archive', plan: planned, book, transport, publisher, actor, reason, clock }),
      )
      queue = archiving.then(
        () => undefined,
        () => undefined,
      )
      const { sent } = await archiving
      const { replayId: archiveId, refused } = planned
      logger.info({ archiveId, actor, archived: sent }, 'archived')
      return { archiveId, archived: sent, refused }
    },
    status(replayId) {
      const run = runs.get(replayId)
      return run === undefined ? statusFromTopics(replayId, book) : statusOfRun(run, book)
    },
    async show(listed, reveal) {
      if (reveal !== undefined) await auditReveal(listed, reveal.actor)
      return showLetter({ transport, codec }, listed.letter)
    },
    async stop() {
      stopping.abort()
      await queue
    },
  }

  async function auditReveal({ letter }: ListedLetter, actor: string): Promise<void> {
    const auditId = newEventId(clock.now())
    const record = {
      auditId,
      at: timestampMillis(clock.now()),
      actor,
      action: 'reveal',
      group: letter.source.group,
      topic: letter.source.topic.name,
      letterIds: [letter.id],
      count: 1,
      reason: 'personal data shown',
    }
    await publisher.publish(replayAudit, record, { messageId: auditId })
    book.addAudit(record)
  }
}
