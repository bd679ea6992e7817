import type { KafkaRequest } from '@interchange/drill-kit'
import type { Arena } from '../arena.ts'

/** Requests of one kind that do not reach their brokers. */
export interface HeldRequests {
  /** Before which broker one is held, in the order of the proxies; undefined before the first. */
  place(): number | undefined
  release(): Promise<void>
}

/** Keeps such requests from every broker until they are released. */
export const holdRequests = async ({ brokerProxies }: Arena, request: KafkaRequest): Promise<HeldRequests> => {
  const holding = await Promise.all(brokerProxies.map((proxy) => proxy.add({ kind: 'hold-request', request })))
  return {
    place() {
      const place = holding.findIndex((toxic) => toxic.effects() > 0)
      return place < 0 ? undefined : place
    },
    async release() {
      await Promise.all(holding.map((toxic) => toxic.remove()))
    },
  }
}
