import { closeSync, fstatSync, openSync, readdirSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/**
 * What one process did or saw. Every operation ends `ok`, `fail` (it did not happen) or `info` (nobody knows: it may have, it may
 * still); an operation that never ends, because its process was killed, counts as `info`.
 */
export type Fact =
  | {
      readonly op: 'send'
      readonly phase: 'invoke' | 'ok' | 'fail' | 'info'
      readonly id: string
      readonly key: string
      /** Grows by one with every message of the key. */
      readonly seq: number
      /** A message no handler can take: it has to become a dead letter. */
      readonly poison?: boolean
      /** With `ok`, where the sender was told its place. */
      readonly partition?: number
      readonly offset?: number
    }
  | { readonly op: 'assigned' | 'revoked'; readonly partition: number; readonly epoch: number }
  | {
      readonly op: 'deliver'
      readonly partition: number
      readonly offset: number
      readonly epoch: number
      readonly id: string
    }
  | {
      readonly op: 'commit'
      readonly phase: 'invoke' | 'ok' | 'fail' | 'info'
      readonly partition: number
      readonly offset: number
      readonly epoch: number
      /** With `info`, what it was told. */
      readonly code?: string
    }
  /** A reader of committed records was handed this one; `of` is the message it was made of, or else its own id. */
  | {
      readonly op: 'read'
      readonly topic: string
      readonly partition: number
      readonly offset: number
      readonly id: string
      readonly of: string
    }
  /** A group said that it is degraded. */
  | { readonly op: 'alarm'; readonly subject: string; readonly detail: string }
  /** What all accounts of the ledger came to at one moment. */
  | { readonly op: 'snapshot'; readonly total: number }
  /** A handler begins; by the clock on the wall, which waiting times go by. */
  | { readonly op: 'attempt'; readonly id: string; readonly attempt: number; readonly timeMs: number }
  /** A group said that what it was degraded by is over. */
  | { readonly op: 'relief'; readonly subject: string }
  /** An operator has moved what the group had committed. */
  | { readonly op: 'rewound'; readonly partition: number; readonly offset: number }
  /** An operator has had the records before this offset deleted. */
  | { readonly op: 'deleted'; readonly partition: number; readonly before: number }
  /** The process is about to die at a crash point. */
  | { readonly op: 'crash'; readonly point: string; readonly hit: number }
  | { readonly op: 'process'; readonly phase: 'started' | 'ready' | 'ended'; readonly detail: string }
  | {
      readonly op: 'fault'
      /** `effective`: it was seen to have changed something; only those count. */
      readonly phase: 'begin' | 'effective' | 'end'
      readonly fault: string
      readonly target: string
    }
  /** An operator has sent dead letters back, to the end of their plan. */
  | { readonly op: 'replayed'; readonly replayId: string; readonly planned: number; readonly sent: number }
  /** What a fault measured by itself, in the unit of the figure's name. */
  | { readonly op: 'measured'; readonly figure: string; readonly value: number }
  /** The faults are over: everything has to be settled within `withinMs`; `late` says what was not. */
  | { readonly op: 'heal'; readonly withinMs: number }
  | { readonly op: 'calm' }
  | { readonly op: 'late'; readonly detail: string }

/** A fact, who noted it, and when: milliseconds of the machine's monotonic clock, the same in all its processes. */
export type Happened = Fact & { readonly at: number; readonly proc: string }

export interface HistoryFile {
  /** On disk when it returns, so that a killed process has told all it did. */
  note(fact: Fact): void
  close(): void
}

/** Opens `<proc>.jsonl` in `folder` for appending: a process that was killed goes on in its own file. */
export const openHistory = (folder: string, proc: string): HistoryFile => {
  const file = openSync(join(folder, `${proc}.jsonl`), 'a')
  return {
    note: (fact) => void writeSync(file, `${JSON.stringify({ at: nowMs(), proc, ...fact })}\n`),
    close: () => closeSync(file),
  }
}

/** What every message leaves behind. */
const ofMessages: ReadonlySet<Fact['op']> = new Set(['send', 'deliver', 'commit'])

/**
 * Reads the histories of a folder while they are being written; each call answers all there is, in the order in which it happened.
 * With `keepMs`, what messages left that long before the newest fact is forgotten: a long run has more than a memory holds.
 */
export const createHistoryReader = (
  folder: string,
  { keepMs = Number.POSITIVE_INFINITY }: { readonly keepMs?: number | undefined } = {},
): (() => readonly Happened[]) => {
  const read = new Map<string, number>()
  let facts: Happened[] = []
  return () => {
    const known = facts.length
    for (const name of readdirSync(folder)) {
      if (!name.endsWith('.jsonl')) continue
      const bytes = bytesFrom(join(folder, name), read.get(name) ?? 0)
      // A last line without its end is being written, or was when its process was killed: it did not happen.
      const end = bytes.lastIndexOf('\n') + 1
      read.set(name, (read.get(name) ?? 0) + end)
      for (const line of bytes.subarray(0, end).toString('utf8').split('\n'))
        if (line !== '') facts.push(JSON.parse(line) as Happened)
    }
    if (facts.length === known) return facts
    facts.sort((a, b) => a.at - b.at)
    const since = (facts.at(-1)?.at ?? 0) - keepMs
    if (since > 0) facts = facts.filter(({ at, op }) => at >= since || !ofMessages.has(op))
    return facts
  }
}

const bytesFrom = (path: string, position: number): Buffer => {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(Math.max(0, fstatSync(file).size - position))
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, position))
  } finally {
    closeSync(file)
  }
}

/** All histories of a folder in the order in which things happened. */
export const readHistory = (folder: string): readonly Happened[] => createHistoryReader(folder)()

/** `process.hrtime` counts from the machine's start in every process; `performance.now` from the process's. */
export const nowMs = (): number => Number(process.hrtime.bigint() / 1_000n) / 1_000
