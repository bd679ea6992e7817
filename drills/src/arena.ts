import { type HttpFront, startHttpFront, startProxy, type TcpProxy } from '@interchange/drill-kit'
import { type RunningCluster, startCluster } from '@interchange/stack'
import type { OwnBrokers } from './setting.ts'

/** Brokers and a database, each behind a proxy; scenarios of one size take turns in it. */
export interface Arena {
  readonly cluster: RunningCluster
  /** In the order of the brokers. */
  readonly brokerProxies: readonly TcpProxy[]
  readonly databaseProxy: TcpProxy
  /** Null where no scenario needs one. Who asks at `url` goes through the proxy, then the front. */
  readonly registry: {
    readonly proxy: TcpProxy
    readonly front: HttpFront
    readonly url: string
    readonly internalUrl: string
  } | null
  /** An HTTP server that members may be told to ask: through the proxy, then the front, which answers itself. */
  readonly dependency: { readonly proxy: TcpProxy; readonly front: HttpFront; readonly url: string }
  /** What processes under drill are told. */
  readonly brokers: readonly string[]
  readonly databaseUrl: string
  /** What the runner uses, past the proxies. */
  readonly internalBrokers: readonly string[]
  close(): Promise<void>
}

export const openArena = async (options: {
  readonly name: string
  readonly brokers: 1 | 3
  readonly ownBrokers?: OwnBrokers | undefined
  readonly registry: boolean
  readonly say: (line: string) => void
}): Promise<Arena> => {
  const { name, brokers, say, registry: withRegistry } = options
  const { settings, diskMb } = options.ownBrokers ?? {}
  const startedMs = performance.now()
  const byAddress = new Map<string, TcpProxy>()
  const cluster = await startCluster({
    name,
    brokers,
    registry: withRegistry,
    ...(settings !== undefined && { brokerSettings: settings }),
    ...(diskMb !== undefined && { brokerDiskMb: diskMb }),
    async advertise(listener) {
      const proxy = await startProxy({ target: listener, protocol: 'kafka' })
      byAddress.set(proxy.address, proxy)
      return Number(proxy.address.split(':')[1])
    },
    report: say,
  })
  const databaseProxy = await startProxy({ target: cluster.postgres.address })
  const registry = cluster.registry === null ? null : await openRegistry(cluster.registry)
  const dependency = await openDependency()
  const brokerProxies = cluster.brokers.flatMap(({ address }) => byAddress.get(address) ?? [])
  say(`  ${brokers === 1 ? 'one broker' : `${brokers} brokers`} and a database … ${seconds(startedMs)} s`)
  return {
    cluster,
    brokerProxies,
    databaseProxy,
    registry,
    dependency,
    brokers: brokerProxies.map(({ address }) => address),
    databaseUrl: cluster.postgres.url.replace(cluster.postgres.address, databaseProxy.address),
    internalBrokers: cluster.brokers.map(({ internalAddress }) => internalAddress),
    async close() {
      await cluster.stop()
      const others = registry === null ? [dependency] : [dependency, registry]
      const ways = [...brokerProxies, databaseProxy, ...others.flatMap(({ proxy, front }) => [proxy, front])]
      await Promise.all(ways.map((way) => way.stop()))
    },
  }
}

const openRegistry = async ({ address, url }: { readonly address: string; readonly url: string }) => {
  const front = await startHttpFront({ target: address })
  const proxy = await startProxy({ target: front.address })
  return { proxy, front, url: url.replace(address, proxy.address), internalUrl: url }
}

const openDependency = async () => {
  const front = await startHttpFront({})
  const proxy = await startProxy({ target: front.address })
  return { proxy, front, url: `http://${proxy.address}/` }
}

const seconds = (sinceMs: number): string => ((performance.now() - sinceMs) / 1_000).toFixed(1)
