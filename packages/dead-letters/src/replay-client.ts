import { type ErrorCode, errorCodes, InterchangeError } from '@interchange/messaging'
import type {
  Archived,
  ArchiveRequest,
  AuditEntry,
  CauseSummary,
  ContinueRequest,
  LetterDetail,
  LetterPage,
  LetterQuery,
  ReplayRequest,
  ReplayStatus,
} from './replay-api.ts'

/**
 * The replay service over HTTP. Rejects with `ICX_REPLAY_UNREACHABLE` (class `outage`) when nobody answers, otherwise with the
 * code of the service's problem.
 */
export interface ReplayClient {
  letters(query?: LetterQuery): Promise<LetterPage>
  causes(query?: LetterQuery): Promise<readonly CauseSummary[]>
  /** By id or short id. `reveal` shows personal data; the audit has it first, by `actor`. */
  letter(id: string, options?: { readonly reveal?: boolean; readonly actor?: string }): Promise<LetterDetail>
  startReplay(request: ReplayRequest): Promise<ReplayStatus>
  /** What a replay that was cut short has left. */
  continueReplay(replayId: string, request: ContinueRequest): Promise<ReplayStatus>
  /** Done when it resolves: the audit has it, and the group is told. */
  archive(request: ArchiveRequest): Promise<Archived>
  replay(replayId: string): Promise<ReplayStatus>
  audit(): Promise<readonly AuditEntry[]>
}

export interface ReplayClientOptions {
  /** For example `http://127.0.0.1:3004`. */
  readonly url: string
  readonly token: string
  /** Longest wait for an answer, in milliseconds. Default 30,000. */
  readonly timeoutMs?: number
}

export const createReplayClient = ({ url, token, timeoutMs = 30_000 }: ReplayClientOptions): ReplayClient => {
  const ask = async <Answer>(path: string, body?: unknown): Promise<Answer> => {
    const headers = { authorization: `Bearer ${token}`, accept: 'application/json' }
    const signal = AbortSignal.timeout(timeoutMs)
    const request =
      body === undefined
        ? { headers, signal }
        : {
            method: 'POST',
            headers: { ...headers, 'content-type': 'application/json' },
            body: JSON.stringify(body),
            signal,
          }
    let response: Response
    let text: string
    try {
      response = await fetch(new URL(path, url), request)
      text = await response.text()
    } catch (cause) {
      throw new InterchangeError('ICX_REPLAY_UNREACHABLE', `No answer from ${new URL(url).origin}.`, {
        class: 'outage',
        cause,
      })
    }
    if (response.ok) return JSON.parse(text) as Answer
    throw problemOf(response.status, text)
  }
  return {
    letters: (query) => ask(`/dead-letters${queryText(query)}`),
    causes: (query) => ask(`/dead-letters/causes${queryText(query)}`),
    letter: (id, options) =>
      ask(`/dead-letters/${encodeURIComponent(id)}${queryText({ reveal: options?.reveal, actor: options?.actor })}`),
    startReplay: (request) => ask('/replays', request),
    continueReplay: (replayId, request) => ask(`/replays/${encodeURIComponent(replayId)}/continuation`, request),
    archive: (request) => ask('/archivals', request),
    replay: (replayId) => ask(`/replays/${encodeURIComponent(replayId)}`),
    audit: () => ask('/audit'),
  }
}

const queryText = (query: object = {}): string => {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  )
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}

const problemOf = (status: number, text: string): InterchangeError => {
  const { code, detail } = parsed(text)
  const known: ErrorCode = isErrorCode(code) ? code : 'ICX_HTTP_INTERNAL'
  const message = typeof detail === 'string' ? detail : `The replay service answered ${status}.`
  return new InterchangeError(known, message, { class: status >= 500 ? 'outage' : 'poison', facts: { status } })
}

const parsed = (text: string): { code?: unknown; detail?: unknown } => {
  try {
    const body: unknown = JSON.parse(text)
    return typeof body === 'object' && body !== null ? body : {}
  } catch {
    return {}
  }
}

const isErrorCode = (code: unknown): code is ErrorCode => typeof code === 'string' && Object.hasOwn(errorCodes, code)
