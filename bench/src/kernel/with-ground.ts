import { type RunningStack, startStack } from '@interchange/stack'
import type { InputName } from './arms.ts'
import { installPeers } from './install-peers.ts'
import type { KernelGround } from './measure-arm.ts'
import { startOtlpSink } from './otlp-sink.ts'
import { canPin, pinServer } from './pinning.ts'
import { createTopics } from './topics.ts'
import { installedVersions } from './versions.ts'

export interface GroundOptions {
  /** Whether any arm needs Kafka, the registry, Postgres and the peers. */
  readonly servers: boolean
  readonly seeded: ReadonlySet<InputName>
  readonly seconds: number
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

/** Brings up what the arms need, and takes everything down again however `use` ends. */
export const withGround = async <Result>(
  { servers, seeded, seconds, signal, say }: GroundOptions,
  use: (ground: KernelGround, versions: Readonly<Record<string, string | null>>) => Promise<Result>,
): Promise<Result> => {
  if (!canPin) say('  no taskset here: nothing is pinned, the figures say less')
  await using cleanup = new AsyncDisposableStack()
  const sink = await startOtlpSink()
  cleanup.defer(() => sink.close())
  const given = { otlpUrl: sink.url, seconds, failures: [], signal, say }
  if (!servers) return await use({ ...given, servers: undefined }, {})
  await installPeers({ signal, say })
  const stack = await startStack({ name: 'bench-kernel', fresh: true, report: say })
  cleanup.defer(() => stack.stop())
  signal.throwIfAborted()
  pinServers(stack)
  const { addresses } = stack
  const topics = await createTopics(addresses.kafkaBrokers, addresses.schemaRegistryUrl)
  cleanup.defer(() => topics.close())
  say('  seeding')
  await topics.seed(seeded, signal)
  const openLoop = await topics.openLoop()
  cleanup.defer(() => openLoop.close())
  return await use({ ...given, servers: { addresses, topics, openLoop } }, await installedVersions(stack))
}

const pinServers = (stack: RunningStack): void => {
  if (!canPin) return
  pinServer(process.pid)
  for (const { pid } of [stack.kafka, stack.registry, stack.postgres]) {
    const id = pid()
    if (id !== null) pinServer(id)
  }
}
