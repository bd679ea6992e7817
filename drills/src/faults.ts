import { setTimeout as pause } from 'node:timers/promises'
import { crashText, crashVariable, freeze, type TcpProxy, type Toxic, thaw } from '@interchange/drill-kit'
import { deadLetterTopicName } from '@interchange/messaging'
import { waitFor } from '@interchange/testing'
import type { Fault } from './scenario.ts'
import { type Actor, registerStep, type Stage } from './stage.ts'

/** What a fault needs beside the stage. */
export interface Occasion {
  readonly stage: Stage
  /** Between 0 and 1, from the run's seed. */
  readonly random: () => number
  /** Which time this fault comes, from 1. */
  readonly time: number
  readonly writer: Actor
}

/** How long a fault may take to be seen. */
const seenMs = 60_000

/** Does it, resolves when it was seen to have taken effect and is over, and says to whom. Rejects when it was not seen. */
export const carryOut = async (fault: Fault, occasion: Occasion): Promise<string> => {
  const { stage } = occasion
  switch (fault.kind) {
    case 'kill-member':
      return await killMember(occasion)
    case 'freeze-member':
      return await freezeMember(occasion)
    case 'restart-member':
      return await restartMember(occasion)
    case 'join-and-leave':
      return await joinAndLeave(stage)
    case 'poison':
      return await poison(occasion)
    case 'network':
      return await withToxic(stage.arena.brokerProxies, fault.toxic, fault.forMs, 'brokers')
    case 'database':
      return await withToxic([stage.arena.databaseProxy], fault.toxic, fault.forMs, 'database')
    case 'new-schema-without-registry':
      return await newSchemaWithoutRegistry(fault.forMs, stage)
    case 'lose-produce-answer':
      return await loseProduceAnswer(occasion)
    case 'kill-leader-in-flight':
      return await killLeaderInFlight(occasion)
    case 'crash-relay':
      return await crashRelay(fault.point, occasion)
  }
}

/** Takes one of the members out of the list. */
const takeMember = ({ stage, random }: Occasion): Actor => {
  const [member] = stage.members.splice(Math.floor(random() * stage.members.length), 1)
  if (member === undefined) throw new Error('there is no member')
  return member
}

const killMember = async (occasion: Occasion): Promise<string> => {
  const member = takeMember(occasion)
  member.signal('SIGKILL')
  const { signal } = await member.process.exited
  if (signal !== 'SIGKILL') throw new Error(`${member.proc} had ended before it was killed`)
  occasion.stage.members.push(await occasion.stage.start('member'))
  return member.proc
}

const freezeMember = async (occasion: Occasion): Promise<string> => {
  const { stage } = occasion
  const member = takeMember(occasion)
  await freeze(member)
  const frozenAt = stage.facts().at(-1)?.at ?? 0
  const taken = () =>
    stage.facts().some(({ op, proc, at }) => op === 'assigned' && proc !== member.proc && at >= frozenAt)
  await waitFor(taken, { timeoutMs: seenMs, everyMs: 100, what: `another to take what ${member.proc} had` })
  // Long enough for the new owner to have done what the frozen one still believes to have in its hands.
  await pause(1_000)
  await thaw(member)
  stage.members.push(member)
  return member.proc
}

const restartMember = async (occasion: Occasion): Promise<string> => {
  const member = takeMember(occasion)
  const startedMs = performance.now()
  member.signal('SIGTERM')
  const { code } = await member.process.exited
  const tookMs = performance.now() - startedMs
  if (code !== 0) throw new Error(`${member.proc} ended with exit code ${code}`)
  if (tookMs > 10_000) throw new Error(`${member.proc} took ${Math.round(tookMs)} ms to end`)
  occasion.stage.members.push(await occasion.stage.start('member'))
  return member.proc
}

const joinAndLeave = async (stage: Stage): Promise<string> => {
  const guest = await stage.start('member')
  const assigned = () => stage.facts().some((fact) => fact.op === 'assigned' && fact.proc === guest.proc)
  await waitFor(assigned, { timeoutMs: seenMs, everyMs: 50, what: `partitions for ${guest.proc}` })
  guest.signal('SIGTERM')
  const { code } = await guest.process.exited
  if (code !== 0) throw new Error(`${guest.proc} ended with exit code ${code}`)
  return guest.proc
}

const poison = async ({ stage, writer }: Occasion): Promise<string> => {
  const letters = async (): Promise<number> =>
    (await stage.admin.topicOffsets(deadLetterTopicName(stage.topic, stage.group))).reduce(
      (sum, { latest }) => sum + latest,
      0,
    )
  const before = await letters()
  writer.signal('SIGUSR2')
  await waitFor(async () => (await letters()) > before, { timeoutMs: seenMs, everyMs: 100, what: 'a dead letter' })
  return 'group'
}

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

const newSchemaWithoutRegistry = async (forMs: number, stage: Stage): Promise<string> => {
  const { arena, topic, scenario, database } = stage
  if (arena.registry === null) throw new Error('this arena has no registry')
  await registerStep(arena, topic, 2)
  // The members that know the version already are no test: each time it has to be new to them.
  for (const member of stage.members.splice(0)) await member.process.stop(20_000)
  stage.members.push(...(await Promise.all(Array.from({ length: scenario.members }, () => stage.start('member')))))
  const down = await arena.registry.proxy.add({ kind: 'down' })
  const { keys, perSecond } = scenario.load
  const ground = { schemaVersion: 2, registryUrl: arena.registry.internalUrl } as const
  const writer = await stage.start('writer', { args: [keys, perSecond, 0].map(String), ground })
  try {
    const delivered = (): boolean => {
      const theirs = new Set(
        stage.facts().flatMap((fact) => (fact.op === 'send' && fact.proc === writer.proc ? [fact.id] : [])),
      )
      return stage.facts().some((fact) => fact.op === 'deliver' && theirs.has(fact.id))
    }
    await waitFor(delivered, { timeoutMs: seenMs, everyMs: 200, what: 'a delivery of the new version' })
    await pause(forMs)
    const done = await database.query('SELECT 1 FROM effect WHERE key LIKE $1 LIMIT 1', [`${writer.proc}/%`])
    if (done.length > 0) throw new Error('the members could read the new version')
  } finally {
    await down.remove()
    await writer.process.stop(20_000)
  }
  return 'registry'
}

const loseProduceAnswer = async ({ stage, random }: Occasion): Promise<string> => {
  const { brokerProxies } = stage.arena
  const proxy = brokerProxies[Math.floor(random() * brokerProxies.length)]
  if (proxy === undefined) throw new Error('there is no broker')
  const toxic = await proxy.add({ kind: 'lose-answer', request: 'produce', nth: 1 + Math.floor(random() * 5) })
  try {
    await waitFor(() => toxic.effects() === 1, { timeoutMs: seenMs, everyMs: 20, what: 'a lost answer' })
  } finally {
    await toxic.remove()
  }
  return 'broker'
}

const killLeaderInFlight = async ({ stage, time }: Occasion): Promise<string> => {
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
}

const crashRelay = async (point: string, { stage, time }: Occasion): Promise<string> => {
  const relay = await stage.start('relay', { env: { [crashVariable]: crashText({ point, hit: 1 + (time % 3) }) } })
  const { signal } = await relay.process.exited
  const died = stage.facts().some((fact) => fact.op === 'crash' && fact.proc === relay.proc)
  if (signal !== 'SIGKILL' || !died) throw new Error(`${relay.proc} ended with ${signal} and not at ${point}`)
  return `${relay.proc} at ${point}`
}
