import type { ReplayAudit } from '@interchange/contracts'
import type { Cause, ListedLetter } from './letter-book.ts'
import type { ReplayOfLetter } from './letter-states.ts'
import { maskPersonal } from './mask-personal.ts'
import type { AuditEntry, CauseSummary, LetterDetail, LetterSummary, ReplayHistoryEntry } from './replay-api.ts'
import type { ShownLetter } from './show-letter.ts'

export const toLetterSummary = ({ letter, status }: ListedLetter): LetterSummary => ({
  id: letter.id,
  shortId: letter.shortId,
  state: status.state,
  group: letter.source.group,
  topic: letter.source.topic.name,
  partition: letter.facts.partition ?? null,
  offset: letter.facts.offset ?? null,
  key: letter.key,
  messageId: letter.facts.messageId,
  correlationId: letter.facts.correlationId ?? null,
  failedAt: isoTime(letter.failedAtMs),
  reason: letter.facts.reason,
  code: letter.facts.code ?? null,
  errorMessage: letter.facts.errorMessage ?? null,
  fingerprint: letter.facts.fingerprint,
  attempts: letter.facts.attempts ?? null,
  replays: letter.facts.replays,
  traceId: letter.facts.traceparent?.split('-')[1] ?? null,
})

/** `reveal` leaves personal data readable; whoever asks for it writes the audit record first. */
export const toLetterDetail = (listed: ListedLetter, shown: ShownLetter, reveal: boolean): LetterDetail => {
  const { facts, original, headers, decoded } = shown
  const value = decoded.ok ? decoded.value : null
  return {
    ...toLetterSummary(listed),
    errorMessage: facts.errorMessage ?? null,
    errorType: facts.errorType ?? null,
    errorStack: facts.errorStack ?? null,
    firstFailedAt: facts.firstFailedAtMs === undefined ? null : isoTime(facts.firstFailedAtMs),
    schemaId: facts.schemaId ?? null,
    service: facts.service ?? null,
    serviceVersion: facts.serviceVersion ?? null,
    headers,
    value: reveal ? value : maskPersonal(value),
    valueError: decoded.ok ? null : { code: decoded.code, message: decoded.message },
    valueBytes: original.value?.length ?? null,
    valueBase64: reveal ? (original.value?.toString('base64') ?? null) : null,
    revealed: reveal,
    supersededBy: listed.status.supersededBy ?? null,
    history: listed.status.replays.map(toHistoryEntry),
  }
}

export const toCauseSummary = ({
  firstFailedAtMs,
  lastFailedAtMs,
  code,
  errorMessage,
  ...cause
}: Cause): CauseSummary => ({
  ...cause,
  code: code ?? null,
  errorMessage: errorMessage ?? null,
  firstFailedAt: isoTime(firstFailedAtMs),
  lastFailedAt: isoTime(lastFailedAtMs),
})

export const toAuditEntry = ({ at, ...audit }: ReplayAudit): AuditEntry => ({ ...audit, at: isoTime(at) })

const toHistoryEntry = ({ plannedAtMs, sentAtMs, outcome, ...replay }: ReplayOfLetter): ReplayHistoryEntry => ({
  ...replay,
  plannedAt: isoTime(plannedAtMs),
  sentAt: sentAtMs === undefined ? null : isoTime(sentAtMs),
  outcome: outcome?.outcome ?? null,
  code: outcome?.code ?? null,
})

const isoTime = (ms: number): string => new Date(Math.min(Math.max(ms, -8.64e15), 8.64e15)).toISOString()
