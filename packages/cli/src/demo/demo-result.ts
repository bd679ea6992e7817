import type { FileBalance } from '@interchange/accounting'
import type { CauseSummary, ReplayStatus } from '@interchange/dead-letters'
import type { Audit } from './audit-system.ts'

/** What `npm run demo -- --json` prints as its last line (docs/reference/demo.md says what each figure means). */
export interface DemoResult {
  readonly ok: boolean
  readonly seconds: number
  readonly kafka: { readonly mode: string; readonly version: string | null }
  readonly events: {
    readonly accepted: number
    readonly published: number
    readonly transformed: number
    readonly handled: number
    readonly waiting: number
    readonly deadLettered: number
    readonly replayed: number
    readonly resolved: number
    readonly failedAgain: number
    readonly lost: number
    readonly duplicatedEffects: number
  }
  readonly groups: readonly {
    readonly group: string
    readonly in: number
    readonly done: number
    readonly waiting: number
    readonly dead: number
  }[]
  readonly causes: readonly {
    readonly fingerprint: string
    readonly class: string
    readonly count: number
    readonly message: string | null
  }[]
  readonly trace: { readonly traceId: string | null; readonly services: readonly string[]; readonly url: string | null }
  readonly file: Omit<FileBalance, 'closes' | 'wrongInvoices'>
}

export interface DemoFacts {
  readonly seconds: number
  readonly kafka: DemoResult['kafka']
  /** Answers of 202 and events of the import, duplicates left out. */
  readonly accepted: number
  readonly audit: Audit
  readonly file: FileBalance
  readonly causes: readonly CauseSummary[]
  /** The replay of what was fixed, and of what was not. */
  readonly fixed: ReplayStatus
  readonly unfixed: ReplayStatus | null
  readonly trace: DemoResult['trace']
  /** False when there is no Jaeger: the trace is then not asked for. */
  readonly tracesOn: boolean
}

/** Adds everything up; `ok` only when nothing is lost or doubled, all books close, and the replay did what it should. */
export const demoResult = (facts: DemoFacts): DemoResult & { readonly problems: readonly string[] } => {
  const { audit, file, fixed, unfixed, trace } = facts
  const { balance } = audit
  const records = (owner: RegExp): number =>
    new Set(audit.log.records.flatMap(({ topic, id }) => (owner.test(topic) && id !== null ? [`${topic} ${id}`] : [])))
      .size
  const groups = balance.groups.map(({ group, in: received, done, waiting, dead }) => ({
    group,
    in: received,
    done,
    waiting,
    dead,
  }))
  const events = {
    accepted: facts.accepted,
    published: records(/^(retail|shop)\.[a-z-]+\.v\d+$/),
    transformed: records(/^(sales|inventory|billing|marketing|privacy)\.[a-z-]+\.v\d+$/),
    handled: groups.reduce((sum, group) => sum + group.done, 0),
    waiting: groups.reduce((sum, group) => sum + group.waiting, 0),
    deadLettered: facts.causes.reduce((sum, cause) => sum + cause.open + cause.replaying + cause.resolved, 0),
    replayed: fixed.counts.sent,
    resolved: fixed.counts.resolved,
    failedAgain: unfixed?.counts.failedAgain ?? 0,
    lost: balance.lost,
    duplicatedEffects: audit.duplicatedEffects,
  }
  const problems = problemsOf(facts, events)
  const { closes: _closes, wrongInvoices: _wrong, ...fileFigures } = file
  return {
    ok: problems.length === 0,
    seconds: facts.seconds,
    kafka: facts.kafka,
    events,
    groups,
    causes: facts.causes.map((cause) => ({
      fingerprint: cause.fingerprint,
      class: cause.reason,
      count: cause.open + cause.replaying + cause.resolved,
      message: cause.errorMessage,
    })),
    trace,
    file: fileFigures,
    problems,
  }
}

const problemsOf = (facts: DemoFacts, events: DemoResult['events']): readonly string[] => {
  const { audit, file, fixed, unfixed, trace } = facts
  const missing = audit.balance.groups.flatMap(({ group, missingIds }) =>
    missingIds.length > 0 ? [`${group}: ${missingIds.slice(0, 3).join(', ')}`] : [],
  )
  const claims: readonly (readonly [boolean, string])[] = [
    [
      audit.balance.closes,
      `the books do not close: ${missing.join('; ')} ${audit.balance.unwrittenIds.slice(0, 3).join(', ')}`,
    ],
    [events.lost === 0, `${events.lost} events are lost`],
    [
      events.duplicatedEffects === 0,
      `${events.duplicatedEffects} effects happened twice: ${audit.effects.duplicates.map(({ what }) => what).join(', ')}`,
    ],
    [
      events.accepted === events.published,
      `${events.accepted} events were accepted and ${events.published} are in Kafka`,
    ],
    [file.closes, `the file is not posted + dead + rejected: ${file.wrongInvoices.join(', ')}`],
    [[...audit.effects.ledgerSums.values()].every((sum) => sum === 0), 'the ledger does not sum to zero'],
    [
      events.deadLettered > 0 && fixed.counts.sent > 0,
      'nothing was dead-lettered and replayed, which the input should make sure of',
    ],
    [
      fixed.counts.resolved === fixed.counts.sent,
      `${fixed.counts.sent} letters of the fixed cause were sent and ${fixed.counts.resolved} resolved`,
    ],
    [
      unfixed === null || unfixed.counts.failedAgain === unfixed.counts.sent,
      'a letter whose cause was not fixed did not fail again',
    ],
    [
      !facts.tracesOn || ['producer', 'transformer', 'consumer'].every((name) => trace.services.includes(name)),
      `the trace has only ${trace.services.join(', ')}`,
    ],
  ]
  return claims.flatMap(([holds, problem]) => (holds ? [] : [problem]))
}
