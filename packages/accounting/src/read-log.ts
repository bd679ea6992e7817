import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { CommittedOffset, LogFacts, LogRecord } from './log-facts.ts'

/** Where Kafka's own client is: a JDK >= 21 and the broker's published jars. */
export interface IndependentReader {
  readonly javaPath: string
  /** Folder of the Kafka jars. */
  readonly jarsFolder: string
  readonly brokers: string
  /** Seconds until the reading is given up. Default 120. */
  readonly deadlineSeconds?: number
}

const program = fileURLToPath(new URL('../java/LogReader.java', import.meta.url))

/**
 * Reads `topics` (`name`, or `name:partition` for one of its partitions) from the first to the last record and the committed
 * offsets of `groups`, with Kafka's own Java client (`java/LogReader.java`). Rejects when the reading is not complete.
 */
export const readLog = async (
  reader: IndependentReader,
  topics: readonly string[],
  groups: readonly string[],
): Promise<LogFacts> => {
  const deadline = String(reader.deadlineSeconds ?? 120)
  const java = spawn(
    reader.javaPath,
    [
      '-Xmx256m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-cp',
      `${reader.jarsFolder}/*`,
      program,
      reader.brokers,
      topics.join(','),
      groups.join(','),
      deadline,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let words = ''
  java.stderr.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString('utf8')).slice(-4_096)
  })
  const ended = new Promise<number | null>((resolve, reject) => {
    java.on('error', reject)
    java.on('close', resolve)
  })
  const records: LogRecord[] = []
  const committed: CommittedOffset[] = []
  let complete = false
  for await (const line of createInterface({ input: java.stdout })) {
    const parsed = JSON.parse(line) as Line
    if ('end' in parsed) complete = true
    else if ('g' in parsed) committed.push({ group: parsed.g, topic: parsed.t, partition: parsed.p, offset: parsed.c })
    else records.push(recordOf(parsed))
  }
  const code = await ended
  if (!complete) throw new Error(`The independent reader did not finish (exit code ${code}).\n${words}`)
  return { records, committed }
}

interface CommittedLine {
  readonly g: string
  readonly t: string
  readonly p: number
  readonly c: number
}

interface RecordLine {
  readonly t: string
  readonly p: number
  readonly o: number
  readonly ts: number
  readonly id: string | null
  readonly cause: string | null
  readonly corr: string | null
  readonly replay: string | null
  readonly message: string | null
  readonly from: { readonly t: string; readonly p: string } | null
  readonly was: string | null
  readonly key: string | null
  readonly sha: string | null
  readonly heads: string
}

type Line = CommittedLine | RecordLine | { readonly end: true }

const recordOf = (line: RecordLine): LogRecord => ({
  topic: line.t,
  partition: line.p,
  offset: line.o,
  timestampMs: line.ts,
  id: line.id,
  causationId: line.cause,
  correlationId: line.corr,
  replayId: line.replay,
  deadMessageId: line.message,
  deadFrom: line.from === null ? null : `${line.from.t}/${line.from.p}/${line.was}`,
  originalOffset: line.was,
  key: line.key,
  valueHash: line.sha,
  headersHash: line.heads,
})
