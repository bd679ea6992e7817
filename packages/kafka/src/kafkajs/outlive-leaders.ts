import { setTimeout as sleep } from 'node:timers/promises'
import { electionPatienceMs } from '../election-patience.ts'
import type { KafkajsGroup } from './kafkajs-internals.ts'

/** What a broker says that leads a partition no longer, or not yet. */
const moved = new Set([
  'FENCED_LEADER_EPOCH',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'UNKNOWN_LEADER_EPOCH',
])

const defaults = { pauseMs: 250, patienceMs: electionPatienceMs }

/** Errors further apart than this are of another trouble. */
const sameTroubleMs = 5_000

/**
 * A leader moves or goes away without the group having to know. kafkajs joins anew for the one, and ends the session for the other
 * before the cluster has elected the next leader: each takes every partition from every member, until all have found the leader
 * (drill B18). This finds the leader and fetches on. While the coordinator answers heartbeats the member stays one; for a leader that
 * stays away longer than `patienceMs`, and when no broker answers, it is as before.
 */
export const outliveLeaders = (group: KafkajsGroup, { pauseMs, patienceMs } = defaults): void => {
  const recover = group.recoverFromFetch.bind(group)
  let sinceMs = 0
  let lastMs = 0

  const isPatient = (): boolean => {
    const nowMs = performance.now()
    if (lastMs === 0 || nowMs - lastMs > sameTroubleMs) sinceMs = nowMs
    lastMs = nowMs
    return nowMs - sinceMs < patienceMs
  }

  group.recoverFromFetch = async (error) => {
    const lostLeader = error.name === 'KafkaJSConnectionError' || moved.has(error.type ?? '')
    if (!lostLeader || !isPatient()) return recover(error)
    await sleep(pauseMs)
    await group.cluster.refreshMetadata()
  }
}
