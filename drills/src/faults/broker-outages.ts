import { setTimeout as pause } from 'node:timers/promises'
import { freeze, type TcpProxy, type Toxic, thaw } from '@interchange/drill-kit'
import type { ClusterBroker } from '@interchange/stack'
import { waitFor } from '@interchange/testing'
import type { Stage } from '../stage.ts'
import { countRebalances } from './count-rebalances.ts'
import { type Fault, type Occasion, seenMs } from './fault.ts'
import { holdRequests } from './hold-requests.ts'
import { allInSync, untilReplicas } from './replicas.ts'

/** SIGKILL of so many brokers at once, which are started again after so long; seen when all of them are gone. */
export const killBrokers = (count: number, forMs: number): Fault => ({
  name: `kill-${count}-brokers`,
  async carryOut(occasion) {
    const { brokers } = occasion.stage.arena.cluster
    const victims = Array.from({ length: count }, (_, place) => brokerOf(occasion, place).broker)
    await Promise.all(victims.map((broker) => broker.kill()))
    const left = brokers.filter((broker) => broker.pid() !== null)
    if (left.length !== brokers.length - count) throw new Error(`${left.length} brokers run`)
    await pause(forMs)
    await Promise.all(victims.map((broker) => broker.start()))
    return victims.map(({ name }) => name).join(' ')
  },
})

/** One broker after the other is ended in good order or killed, and started again; seen when its process is gone. */
export const bounceBroker = (how: 'stop' | 'kill'): Fault => ({
  name: `${how}-broker`,
  async carryOut(occasion) {
    const { stage } = occasion
    const { broker } = brokerOf(occasion)
    await allInSync(stage)
    await (how === 'stop' ? broker.stop() : broker.kill())
    if (broker.pid() !== null) throw new Error(`${broker.name} still runs`)
    await broker.start()
    await allInSync(stage)
    return broker.name
  },
})

/**
 * SIGKILL of the broker that coordinates the group, found by the heartbeats that come to it, while some are on their way; started
 * again once the group has committed without it. Seen when it is gone and a commit was accepted. Counts the partitions that moved
 * meanwhile: nobody has lost a place in the group.
 */
export const killCoordinator: Fault = {
  name: 'kill-coordinator',
  async carryOut({ stage }) {
    await allInSync(stage)
    return countRebalances(stage, async () => {
      const broker = await killAtHeartbeat(stage)
      const killedAt = stage.facts().at(-1)?.at ?? 0
      const committed = (): boolean =>
        stage.facts().some((fact) => fact.op === 'commit' && fact.phase === 'ok' && fact.at > killedAt)
      try {
        await waitFor(committed, { timeoutMs: seenMs, everyMs: 100, what: 'a commit under the next coordinator' })
      } finally {
        await broker.start()
      }
      return broker.name
    })
  },
}

const killAtHeartbeat = async ({ arena }: Stage): Promise<ClusterBroker> => {
  const holding = await holdRequests(arena, 'heartbeat')
  try {
    const place = await waitFor(holding.place, { timeoutMs: seenMs, everyMs: 5, what: 'a heartbeat' })
    const broker = arena.cluster.brokers[place]
    await broker?.kill()
    arena.brokerProxies[place]?.cut()
    if (broker === undefined || broker.pid() !== null) throw new Error('the coordinator still runs')
    return broker
  } finally {
    await holding.release()
  }
}

/** A toxic between one broker and all its clients, though not the other brokers; seen when its proxy counts an effect. */
export const cutBroker = (toxic: Toxic, forMs: number): Fault => ({
  name: `cut-broker ${toxic.kind}${'direction' in toxic ? ` ${toxic.direction}` : ''}`,
  async carryOut(occasion) {
    const { broker, proxy } = brokerOf(occasion)
    const active = await proxy.add(toxic)
    try {
      await waitFor(() => active.effects() > 0, { timeoutMs: seenMs, everyMs: 20, what: `an effect of ${toxic.kind}` })
      await pause(forMs)
    } finally {
      await active.remove()
    }
    return broker.name
  },
})

/**
 * SIGSTOP of a broker until the others have taken what it led, and for so long more, then SIGCONT: cut off from everybody, it comes
 * back as a leader who does not know. Seen when the system shows it stopped and nothing is led by it.
 */
export const freezeBroker = (forMs: number): Fault => ({
  name: 'freeze-broker',
  async carryOut(occasion) {
    const { stage } = occasion
    const { broker } = brokerOf(occasion)
    await allInSync(stage)
    await freeze(broker)
    try {
      await untilReplicas(
        stage,
        (partitions) => partitions.every(({ leader }) => leader !== broker.nodeId && leader >= 0),
        `others to lead what ${broker.name} led`,
        broker.nodeId,
      )
      await pause(forMs)
    } finally {
      await thaw(broker)
    }
    return broker.name
  },
})

/** The brokers take turns; `place` counts on from whose turn it is. */
const brokerOf = (
  { stage, time }: Occasion,
  place = 0,
): { readonly broker: ClusterBroker; readonly proxy: TcpProxy } => {
  const { brokerProxies, cluster } = stage.arena
  const index = (time - 1 + place) % cluster.brokers.length
  const [broker, proxy] = [cluster.brokers[index], brokerProxies[index]]
  if (broker === undefined || proxy === undefined) throw new Error('there is no broker')
  return { broker, proxy }
}
