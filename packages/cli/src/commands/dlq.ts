import { userInfo } from 'node:os'
import type { LetterDetail, LetterQuery, LetterSummary, ReplayClient } from '@interchange/dead-letters'
import { type Command, Option } from 'commander'
import { withDesk, withLetters } from '../desk.ts'
import { countArgument, sinceArgument } from '../duration-argument.ts'
import { CommandEnd, exitCodes } from '../exit-codes.ts'
import type { LetterReader } from '../letters-from-kafka.ts'
import { print, printJson, printTable, safeText, say, styled } from '../output.ts'

interface ListOptions {
  group?: string
  topic?: string
  cause?: string
  state?: NonNullable<LetterQuery['state']>
  since?: number
  key?: string
  correlation?: string
  match?: string
  limit?: number
  json?: boolean
}

const pageMax = 500

export const addDlqCommands = (program: Command): void => {
  const dlq = program.command('dlq').description('dead letters: what failed, why, for whom')

  filtered(dlq.command('causes').description('letters grouped by what went wrong, most open first'))
    .option('--json', 'JSON Lines')
    .action((options: ListOptions) => withLetters((desk) => showCauses(desk, options)))

  filtered(dlq.command('list').description('the letters, newest first'))
    .option('--limit <count>', 'at most so many', countArgument(100_000), 50)
    .option('--json', 'JSON Lines')
    .action((options: ListOptions) => withLetters((desk) => listLetters(desk, options)))

  dlq
    .command('show')
    .description('one letter: its value, headers, failure and history')
    .argument('<id>', 'id or short id of the letter')
    .option('--reveal', 'show personal data; the audit records it')
    .option('--json', 'one JSON document')
    .action((id: string, options: { reveal?: boolean; json?: boolean }) =>
      withLetters((desk) => showLetter(desk, id, options)),
    )

  dlq
    .command('archive')
    .description('put letters away that nobody wants handled; keys that wait for them go on')
    .argument('<id...>', 'ids or short ids of letters')
    .requiredOption('--reason <words>', 'why, for the audit')
    .option('--json', 'one JSON document')
    .action((letterIds: string[], options: { reason: string; json?: boolean }) =>
      withDesk((desk) => archiveLetters(desk, letterIds, options)),
    )
}

const filtered = (command: Command): Command =>
  command
    .option('--group <group>', 'letters of this consumer group')
    .option('--topic <topic>', 'letters of this topic')
    .option('--cause <cause>', 'fingerprint, a beginning of one, error code, failure class, or `exhausted`')
    .addOption(
      new Option('--state <state>', 'letters in this state').choices([
        'new',
        'replaying',
        'resolved',
        'failed-again',
        'duplicate',
        'archived',
      ]),
    )
    .option('--since <age>', 'failed since this age or instant (15m, 2h, 7d, 2026-11-23T04:30:00Z)', sinceArgument)
    .option('--key <key>', 'letters with this key')
    .option('--correlation <id>', 'letters of this correlation id')
    .option('--match <text>', 'text within the message, the key or an id')

const queryOf = ({ json: _json, limit: _limit, since, ...rest }: ListOptions): LetterQuery => ({
  ...rest,
  ...(since !== undefined && { since: new Date(since).toISOString() }),
})

const showCauses = async (desk: LetterReader, options: ListOptions): Promise<void> => {
  const causes = await desk.causes(queryOf(options))
  if (options.json === true) for (const cause of causes) printJson(cause)
  else if (causes.length > 0) {
    printTable(
      ['CAUSE', 'GROUP', 'CLASS', 'OPEN', 'REPLAYING', 'RESOLVED', 'LAST', 'MESSAGE'],
      causes.map((cause) => [
        cause.fingerprint,
        cause.group,
        cause.reason,
        cause.open,
        cause.replaying,
        cause.resolved,
        when(cause.lastFailedAt),
        short(cause.errorMessage),
      ]),
    )
  }
  if (causes.length === 0) throw new CommandEnd(exitCodes.nothingFound, 'No dead letter matches.')
}

const listLetters = async (desk: LetterReader, options: ListOptions): Promise<void> => {
  const most = options.limit ?? 50
  const letters: LetterSummary[] = []
  let cursor: string | null | undefined
  let total = 0
  while (letters.length < most && cursor !== null) {
    const page = await desk.letters({
      ...queryOf(options),
      limit: Math.min(pageMax, most - letters.length),
      ...(cursor && { cursor }),
    })
    letters.push(...page.letters)
    total = page.total
    cursor = page.nextCursor
  }
  if (letters.length === 0) throw new CommandEnd(exitCodes.nothingFound, 'No dead letter matches.')
  if (options.json === true) {
    for (const letter of letters) printJson(letter)
    return
  }
  printTable(
    ['ID', 'STATE', 'GROUP', 'TOPIC', 'KEY', 'CLASS', 'FAILED', 'MESSAGE'],
    letters.map((letter) => [
      letter.shortId,
      letter.state,
      letter.group,
      letter.topic,
      short(letter.key, 24),
      letter.reason,
      when(letter.failedAt),
      short(letter.errorMessage),
    ]),
  )
  if (total > letters.length) say(`${letters.length} of ${total}; --limit shows more`)
}

const showLetter = async (
  desk: LetterReader,
  id: string,
  options: { reveal?: boolean; json?: boolean },
): Promise<void> => {
  const letter = await desk.letter(id, { reveal: options.reveal === true })
  if (options.json === true) printJson(letter)
  else printLetter(letter)
}

const archiveLetters = async (
  desk: ReplayClient,
  letterIds: readonly string[],
  { reason, json }: { reason: string; json?: boolean },
): Promise<void> => {
  const done = await desk.archive({ letterIds, reason, actor: userInfo().username })
  if (json === true) printJson(done)
  else print(`${done.archiveId}  ${done.archived} archived`)
  for (const refusal of done.refused) say(`not archived: ${safeText(refusal.letterId)}: ${refusal.reason}`)
  if (done.archived < letterIds.length) throw new CommandEnd(exitCodes.partly, 'Not every letter was archived.')
}

const printLetter = (letter: LetterDetail): void => {
  const fact = (name: string, value: string | number | null): void => {
    if (value !== null && value !== '') print(`${styled('dim', name.padEnd(14))}${safeText(String(value))}`)
  }
  print(`${styled('bold', letter.shortId)}  ${letter.state}  ${styled('red', `${letter.reason} ${letter.code ?? ''}`)}`)
  fact('message', letter.errorMessage)
  fact('cause', letter.fingerprint)
  fact('group', letter.group)
  fact('from', `${letter.topic} ${letter.partition}/${letter.offset}`)
  fact('key', letter.key)
  fact('message id', letter.messageId)
  fact('correlation', letter.correlationId)
  fact('trace', letter.traceId)
  fact('failed', letter.failedAt)
  fact('attempts', letter.attempts)
  fact('replays', letter.replays)
  print(styled('dim', 'value'))
  if (letter.valueError === null) print(JSON.stringify(letter.value, null, 2))
  else print(`  ${letter.valueError.code}: ${safeText(letter.valueError.message)}`)
  for (const { name, value } of letter.headers) fact(`  ${safeText(name)} `, value ?? 'null')
  for (const entry of letter.history) {
    print(
      `${styled('yellow', '↻')} ${entry.plannedAt}  ${safeText(entry.actor)}: ${safeText(entry.reason)}  → ${entry.outcome ?? 'under way'}`,
    )
  }
  if (!letter.revealed) say('Personal data is masked; --reveal shows it and the audit records that.')
}

const short = (text: string | null, most = 72): string =>
  text === null ? '' : text.length <= most ? text : `${text.slice(0, most - 1)}…`

const when = (iso: string): string => iso.replace('T', ' ').slice(0, 19)
