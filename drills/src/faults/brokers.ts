import { setTimeout as pause } from 'node:timers/promises'
import { waitFor } from '@interchange/testing'
import { type Fault, seenMs } from './fault.ts'

/** The answer to a produce request is lost; seen by the proxy. */
export const loseProduceAnswer: Fault = {
  name: 'lose-produce-answer',
  async carryOut({ stage, random }) {
    const nth = 1 + Math.floor(random() * 5)
    // A broker that has just come back leads nothing for minutes: whichever answers is the one.
    const toxics = await Promise.all(
      stage.arena.brokerProxies.map((proxy) => proxy.add({ kind: 'lose-answer', request: 'produce', nth })),
    )
    try {
      const lost = (): boolean => toxics.some((toxic) => toxic.effects() > 0)
      await waitFor(lost, { timeoutMs: seenMs, everyMs: 20, what: 'a lost answer' })
    } finally {
      await Promise.all(toxics.map((toxic) => toxic.remove()))
    }
    return 'broker'
  },
}

/** SIGKILL of a broker while a produce request to it is held on its way, then a restart; seen when it was held and is gone. */
export const killLeaderInFlight: Fault = {
  name: 'kill-leader-in-flight',
  async carryOut({ stage, time }) {
    const { brokerProxies, cluster } = stage.arena
    const index = (time - 1) % brokerProxies.length
    const [proxy, broker] = [brokerProxies[index], cluster.brokers[index]]
    if (proxy === undefined || broker === undefined) throw new Error('there is no broker')
    const toxic = await proxy.add({ kind: 'hold-request', request: 'produce' })
    try {
      await waitFor(() => toxic.effects() > 0, { timeoutMs: seenMs, everyMs: 5, what: `a send to ${broker.name}` })
      await broker.kill()
      if (broker.pid() !== null) throw new Error(`${broker.name} still runs`)
      // What is held dies with the connection, as it would in a network that is cut with its machine.
      proxy.cut()
    } finally {
      await toxic.remove()
    }
    await pause(4_000)
    await broker.start()
    return broker.name
  },
}
