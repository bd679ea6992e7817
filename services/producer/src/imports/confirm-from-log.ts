import { invoiceReceived } from '@interchange/contracts'
import { ceHeaders, type Transport } from '@interchange/messaging'
import type { Database } from '@interchange/store'
import type { ClaimStore, Confirmation } from '../claims/claim-store.ts'

/** How far the clocks of two processes on this job may differ, in milliseconds. */
const clockSkewMs = 60_000

/**
 * Before an interrupted job goes on: looks on the topic which of its unconfirmed events Kafka has already, and confirms them, so that
 * a kill between Kafka's answer and our checkpoint does not put them there twice. Reads only what came since the oldest.
 */
export const confirmFromLog = async (
  tools: { database: Database; transport: Transport; claims: ClaimStore; now: () => number },
  jobId: string,
): Promise<number> => {
  const rows = await tools.database.query<{ event_id: string; first_seen_ms: string }>(
    `SELECT event_id, first_seen_ms FROM claims WHERE job_id = $1 AND published_ms IS NULL
     AND first_seen_ms >= (SELECT extract(epoch FROM created_at) * 1000 FROM import_jobs WHERE id = $1) - ${clockSkewMs}`,
    [jobId],
  )
  if (rows.length === 0) return 0
  const open = new Set(rows.map((row) => row.event_id))
  const sinceMs = Math.min(...rows.map((row) => Number(row.first_seen_ms))) - clockSkewMs
  const found: Confirmation[] = []
  for await (const record of tools.transport.read(await rangesSince(tools.transport, sinceMs))) {
    const eventId = record.headers.text(ceHeaders.id)
    if (eventId !== undefined && open.delete(eventId)) {
      found.push({ eventId, partition: record.partition, offset: record.offset })
    }
  }
  await tools.claims.confirm(tools.database, found, tools.now())
  return found.length
}

const rangesSince = async (transport: Transport, sinceMs: number) => {
  const admin = await transport.createAdmin()
  try {
    const topic = invoiceReceived.name
    const ends = new Map((await admin.topicOffsets(topic)).map(({ partition, latest }) => [partition, latest]))
    const starts = await admin.offsetsAt(topic, sinceMs)
    return starts.flatMap(({ partition, offset }) => {
      const untilOffset = ends.get(partition) ?? 0
      return offset >= 0 && offset < untilOffset ? [{ topic, partition, fromOffset: offset, untilOffset }] : []
    })
  } finally {
    await admin.close()
  }
}
