import { setTimeout as pause } from 'node:timers/promises'
import type { TcpProxy, Toxic } from '@interchange/drill-kit'
import { waitFor } from '@interchange/testing'
import { type Fault, seenMs } from './fault.ts'

/** A toxic before every broker for so long; seen when a proxy counts an effect. */
export const network = (toxic: Toxic, forMs: number): Fault => ({
  name: `network ${toxic.kind}`,
  carryOut: async ({ stage }) => await withToxic(stage.arena.brokerProxies, toxic, forMs, 'brokers'),
})

/** The same before the database. */
export const database = (toxic: Toxic, forMs: number): Fault => ({
  name: `database ${toxic.kind}`,
  carryOut: async ({ stage }) => await withToxic([stage.arena.databaseProxy], toxic, forMs, 'database'),
})

const withToxic = async (
  proxies: readonly TcpProxy[],
  toxic: Toxic,
  forMs: number,
  target: string,
): Promise<string> => {
  const active = await Promise.all(proxies.map((proxy) => proxy.add(toxic)))
  try {
    const effects = () => active.some((each) => each.effects() > 0)
    await waitFor(effects, { timeoutMs: seenMs, everyMs: 20, what: `an effect of ${toxic.kind}` })
    await pause(forMs)
  } finally {
    await Promise.all(active.map((each) => each.remove()))
  }
  return target
}
