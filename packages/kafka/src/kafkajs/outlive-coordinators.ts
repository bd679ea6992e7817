import { setTimeout as sleep } from 'node:timers/promises'
import { electionPatienceMs } from '../election-patience.ts'
import type { Coordinator, KafkajsGroup } from './kafkajs-internals.ts'

/** What says that the coordinator is another by now, not there yet, or gone. */
const moved = new Set(['GROUP_COORDINATOR_NOT_AVAILABLE', 'GROUP_LOAD_IN_PROGRESS', 'NOT_COORDINATOR_FOR_GROUP'])
const unreachable = new Set(['KafkaJSConnectionClosedError', 'KafkaJSConnectionError', 'KafkaJSRequestTimeoutError'])

const defaults = { pauseMs: 250, patienceMs: electionPatienceMs }

/**
 * A coordinator moves or goes away without any member having to leave: the next one reads the group from the log, and waits for
 * everybody for a whole session. kafkajs joins anew for the one, and ends the session for the other before there is a next: the
 * whole group stands still, and joins twice, for what concerns no partition (drill C6). This fetches on and looks for the
 * coordinator meanwhile; heartbeats go on there, and commits with them. Who has lost its place is told so by the next heartbeat;
 * for a coordinator that stays away longer than `patienceMs`, it is as before.
 */
export const outliveCoordinators = (
  group: KafkajsGroup,
  isOver: () => boolean,
  { pauseMs, patienceMs } = defaults,
): void => {
  const heartbeat = group.heartbeat.bind(group)
  let lostMs: number | undefined
  let looking = false

  const isLost = (error: unknown): boolean => {
    const { name, type } = error as { name?: string; type?: string }
    return unreachable.has(name ?? '') || moved.has(type ?? '')
  }

  const isPatient = (sinceMs: number): boolean => performance.now() - sinceMs < patienceMs

  const look = async (sinceMs: number): Promise<void> => {
    while (!isOver() && isPatient(sinceMs)) {
      await sleep(pauseMs, undefined, { ref: false })
      // Nobody knows it yet, or the one who was asked went away with it.
      const found: unknown = await group.cluster.findGroupCoordinator(group).catch(() => undefined)
      if (found === undefined) continue
      group.coordinator = found as Coordinator
      if (group.offsetManager !== null) group.offsetManager.coordinator = found
      return
    }
  }

  group.heartbeat = async (given) => {
    if (looking) return
    try {
      await heartbeat(given)
      lostMs = undefined
    } catch (error) {
      if (!isLost(error)) throw error
      lostMs ??= performance.now()
      if (!isPatient(lostMs)) throw error
      looking = true
      void look(lostMs).finally(() => {
        looking = false
      })
    }
  }
}
