import { userInfo } from 'node:os'
import { createInterface } from 'node:readline/promises'
import { setTimeout as pause } from 'node:timers/promises'
import type { ReplayClient, ReplayRequest, ReplayStatus } from '@interchange/dead-letters'
import type { Command } from 'commander'
import { withDesk } from '../desk.ts'
import { countArgument } from '../duration-argument.ts'
import { CommandEnd, exitCodes } from '../exit-codes.ts'
import { print, printJson, printTable, safeText, say } from '../output.ts'

interface RunOptions {
  group: string
  reason: string
  rate?: number
  force?: boolean
  acceptReorder?: boolean
  yes?: boolean
  json?: boolean
}

type ContinueOptions = Pick<RunOptions, 'reason' | 'rate' | 'acceptReorder' | 'json'>

export const addReplayCommands = (program: Command): void => {
  const replay = program
    .command('replay')
    .description(
      'send dead letters back, into the lane of the group that failed and to nobody else; the audit has it first',
    )

  running(replay.command('one').description('these letters').argument('<id...>', 'ids or short ids of letters')).action(
    (letterIds: string[], options: RunOptions) => withDesk((desk) => run(desk, { letterIds }, options)),
  )

  running(
    replay
      .command('cause')
      .description('the open letters of one cause, after it was fixed')
      .argument('<cause>', 'fingerprint, a beginning of one, error code, failure class, or `exhausted`'),
  )
    .requiredOption('--group <group>', 'the consumer group that failed')
    .action((cause: string, options: RunOptions) =>
      withDesk((desk) => run(desk, { group: options.group, cause }, options)),
    )

  running(replay.command('all').description('every open letter of a group'))
    .requiredOption('--group <group>', 'the consumer group that failed')
    .action((options: RunOptions) => withDesk((desk) => run(desk, { group: options.group, all: true }, options)))

  replay
    .command('continue')
    .description('what a replay that was cut short has left, under its id')
    .argument('<replay-id>')
    .requiredOption('--reason <words>', 'why, for the audit')
    .option('--rate <count>', 'letters a second at most', countArgument(100_000))
    .option('--accept-reorder', 'send also letters whose key has gone on: the group sees its messages in another order')
    .option('--json', 'one JSON document')
    .action((replayId: string, options: ContinueOptions) => withDesk((desk) => proceed(desk, replayId, options)))

  replay
    .command('status')
    .description('how a replay ended')
    .argument('<replay-id>')
    .option('--json', 'one JSON document')
    .action((replayId: string, options: { json?: boolean }) =>
      withDesk(async (desk) => showStatus(await desk.replay(replayId), options.json === true)),
    )

  replay
    .command('history')
    .description('who sent what back, when and why')
    .option('--json', 'JSON Lines')
    .action((options: { json?: boolean }) => withDesk((desk) => showHistory(desk, options)))
}

const running = (command: Command): Command =>
  command
    .requiredOption('--reason <words>', 'why, for the audit')
    .option('--rate <count>', 'letters a second at most', countArgument(100_000))
    .option('--force', 'send also what is resolved or on its way; the inbox makes it a duplicate')
    .option('--accept-reorder', 'send also letters whose key has gone on: the group sees its messages in another order')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'one JSON document')

/** What to send back. */
export type Selection = Pick<ReplayRequest, 'letterIds' | 'group' | 'cause' | 'all'>

const run = async (desk: ReplayClient, selection: Selection, options: RunOptions): Promise<void> => {
  if (options.yes !== true) await confirm(desk, selection)
  const request: ReplayRequest = {
    ...selection,
    reason: options.reason,
    actor: userInfo().username,
    ...(options.rate !== undefined && { ratePerSecondMax: options.rate }),
    ...(options.force === true && { force: true as const }),
    ...(options.acceptReorder === true && { acceptReorder: true as const }),
  }
  showEnd(await replayAndWait(desk, request, (status) => say(progressLine(status))), options)
}

const proceed = async (desk: ReplayClient, replayId: string, options: ContinueOptions): Promise<void> => {
  const begun = await desk.continueReplay(replayId, {
    reason: options.reason,
    actor: userInfo().username,
    ...(options.rate !== undefined && { ratePerSecondMax: options.rate }),
    ...(options.acceptReorder === true && { acceptReorder: true as const }),
  })
  showEnd(await waitForReplay(desk, begun, (status) => say(progressLine(status))), options)
}

const showEnd = (ended: ReplayStatus, options: Pick<RunOptions, 'json'>): void => {
  showStatus(ended, options.json === true)
  if (ended.counts.planned === 0) throw new CommandEnd(exitCodes.nothingFound, 'Nothing was sent.')
  if (ended.counts.resolved + ended.counts.duplicate < ended.counts.planned) {
    throw new CommandEnd(exitCodes.partly, 'Not every letter was resolved: ix dlq list --state failed-again')
  }
}

/** Starts a replay and waits until every letter has its outcome, or nothing has moved for `quietMsMax`. */
export const replayAndWait = async (
  desk: ReplayClient,
  request: ReplayRequest,
  onProgress: (status: ReplayStatus) => void,
  quietMsMax = 60_000,
): Promise<ReplayStatus> => await waitForReplay(desk, await desk.startReplay(request), onProgress, quietMsMax)

const waitForReplay = async (
  desk: ReplayClient,
  begun: ReplayStatus,
  onProgress: (status: ReplayStatus) => void,
  quietMsMax = 60_000,
): Promise<ReplayStatus> => {
  let status = begun
  let movedAt = Date.now()
  while (status.state === 'running' || status.state === 'waiting') {
    await pause(250)
    const next = await desk.replay(status.replayId)
    if (JSON.stringify(next.counts) !== JSON.stringify(status.counts)) {
      movedAt = Date.now()
      onProgress(next)
    }
    status = next
    if (Date.now() - movedAt > quietMsMax) {
      throw new CommandEnd(
        exitCodes.partly,
        `Nothing has moved for ${quietMsMax / 1_000} s. Later: ix replay status ${status.replayId}`,
      )
    }
  }
  return status
}

const confirm = async (desk: ReplayClient, selection: Selection): Promise<void> => {
  const { letterIds, group, cause } = selection
  const open = async (state: 'new' | 'failed-again'): Promise<number> =>
    (await desk.letters({ ...(group && { group }), ...(cause && { cause }), state, limit: 1 })).total
  const count = letterIds?.length ?? (await open('new')) + (await open('failed-again'))
  if (count === 0) throw new CommandEnd(exitCodes.nothingFound, 'No open letter matches.')
  if (!process.stdin.isTTY) throw new CommandEnd(exitCodes.usage, `This would send ${count} letters back. Say --yes.`)
  const asking = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await asking.question(
      `Send ${count} letters back${group === undefined ? '' : ` to ${group}`}? [y/N] `,
    )
    if (!/^y(es)?$/i.test(answer.trim())) throw new CommandEnd(exitCodes.interrupted, 'Nothing was sent.')
  } finally {
    asking.close()
  }
}

const progressLine = ({ counts }: ReplayStatus): string =>
  `${counts.sent}/${counts.planned} sent, ${counts.resolved} resolved, ${counts.failedAgain} failed again, ${counts.pending} pending`

const showStatus = (status: ReplayStatus, json: boolean): void => {
  if (json) {
    printJson(status)
    return
  }
  print(`${status.replayId}  ${status.state}  ${progressLine(status)}`)
  for (const [reason, refused] of Map.groupBy(status.refused, (refusal) => refusal.reason))
    print(
      `  ${refused.length} not sent: ${reason}${reason === 'late' ? ' (their keys have gone on: --accept-reorder)' : ''}`,
    )
  if (status.error !== null) print(`  ${status.error.code}: ${safeText(status.error.message)}`)
}

const showHistory = async (desk: ReplayClient, options: { json?: boolean }): Promise<void> => {
  const entries = await desk.audit()
  if (entries.length === 0) throw new CommandEnd(exitCodes.nothingFound, 'The audit is empty.')
  if (options.json === true) for (const entry of entries) printJson(entry)
  else
    printTable(
      ['AT', 'WHO', 'DID', 'GROUP', 'TOPIC', 'LETTERS', 'WHY'],
      entries.map((entry) => [
        entry.at,
        entry.actor,
        entry.action,
        entry.group,
        entry.topic,
        entry.count,
        entry.reason,
      ]),
    )
}
