import { replayAudit, timestampMillis } from '@interchange/contracts'
import {
  type Archived,
  type LetterBook,
  type ListedLetter,
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
import { type Clock, type Codec, type Logger, newEventId, type Publisher, type Transport } from '@interchange/messaging'
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

export type ArchiveOrder = Pick<ReplayOrder, 'selection' | 'actor' | 'reason'>

/** The one writer of replay lanes and of the audit. */
export interface ReplayDesk {
  readonly book: LetterBook
  /** Plans now, runs in its turn. Rejects with `ICX_REPLAY_REFUSED` when no letter may be sent. */
  start(order: ReplayOrder): Promise<ReplayStatus>
  status(replayId: string): ReplayStatus | undefined
  /** In its turn, as a replay; resolves when it is done. Rejects with `ICX_REPLAY_REFUSED` when no letter may be archived. */
  archive(order: ArchiveOrder): Promise<Archived>
  /** The letter with its bytes; personal data only after the audit has taken it. */
  show(listed: ListedLetter, reveal: { readonly actor: string } | undefined): Promise<ShownLetter>
  /** Stops sending; what was not sent stays open. */
  stop(): Promise<void>
}

/** Most runs remembered as runs; older ones are told from the topics. */
const runsMax = 1_000

export const createReplayDesk = (options: ReplayDeskOptions): ReplayDesk => {
  const { book, transport, codec, publisher, clock, logger } = options
  const runs = new Map<string, Run>()
  const stopping = new AbortController()
  let queue: Promise<void> = Promise.resolve()

  const plan = async (
    what: Pick<ReplayPlanning, 'selection' | 'force' | 'acceptReorder' | 'action'>,
  ): Promise<ReplayPlan> => {
    const admin = await transport.createAdmin()
    try {
      return requireLetters(await planReplay({ ...what, book, admin, transport, replayId: newEventId(clock.now()) }))
    } finally {
      await admin.close()
    }
  }

  const execute = async (run: Run, planned: ReplayPlan, order: ReplayOrder): Promise<void> => {
    const { actor, reason, ratePerSecondMax } = order
    const facts = { replayId: run.replayId, actor, planned: run.planned }
    try {
      run.progress = await runReplay({
        plan: order.force ? planned : stillOpen(planned),
        book,
        transport,
        publisher,
        actor,
        reason,
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

  return {
    book,
    async start(order) {
      const { selection, force, acceptReorder } = order
      const planned = await plan({ selection, force, acceptReorder })
      const { replayId, letters, refused } = planned
      const run: Run = {
        replayId,
        actor: order.actor,
        reason: order.reason,
        startedAtMs: clock.now(),
        planned: letters.length,
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
