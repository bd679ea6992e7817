import { setTimeout as pause } from 'node:timers/promises'
import { type ActiveToxic, crashText, crashVariable, freeze, type Happened, nowMs, thaw } from '@interchange/drill-kit'
import { waitFor } from '@interchange/testing'
import { abortedPerRound, roundsPerSignal } from '../load/interleaving.ts'
import { type Actor, partitions, type Stage } from '../stage.ts'
import { type Fault, seenMs } from './fault.ts'
import { allInSync } from './replicas.ts'

type Commit = Extract<Happened, { op: 'commit' }>

/** By then a broker has answered what had reached it. */
const answerMs = 1_000

/** A member dies at this step of a transaction; seen when it is gone by its own SIGKILL. */
export const crashCopier = (point: string): Fault => ({
  name: `crash-copier ${point}`,
  async carryOut({ stage, time }) {
    const env = { [crashVariable]: crashText({ point, hit: 1 + (time % 3) }) }
    const copier = await stage.start('member', { env })
    const { signal } = await copier.process.exited
    const died = stage.facts().some((fact) => fact.op === 'crash' && fact.proc === copier.proc)
    if (signal !== 'SIGKILL' || !died) throw new Error(`${copier.proc} ended with ${signal} and not at ${point}`)
    return `${copier.proc} at ${point}`
  },
})

/** The answer to the end of a transaction is lost; seen by the proxy. */
export const loseEndAnswer: Fault = {
  name: 'lose-end-answer',
  async carryOut({ stage, random }) {
    const nth = 1 + Math.floor(random() * 5)
    const losing = await Promise.all(
      stage.arena.brokerProxies.map((proxy) => proxy.add({ kind: 'lose-answer', request: 'endTxn', nth })),
    )
    try {
      const lost = () => losing.some((toxic) => toxic.effects() > 0)
      await waitFor(lost, { timeoutMs: seenMs, everyMs: 20, what: 'a lost answer' })
    } finally {
      await Promise.all(losing.map((toxic) => toxic.remove()))
    }
    return 'broker'
  },
}

/**
 * SIGSTOP of a member with the end of its transaction on its way, which is then lost, for longer than the transaction may stay
 * open; SIGCONT. Seen when another has taken its partition, and when its own end of the transaction is refused.
 */
export const freezeInTransaction: Fault = {
  name: 'freeze-in-transaction',
  async carryOut({ stage }) {
    const { member, commit } = await stopInTransaction(stage)
    const isHeir = (fact: Happened): boolean =>
      fact.op === 'assigned' && fact.partition === commit.partition && fact.proc !== member.proc && fact.at > commit.at
    const taken = () => stage.facts().some(isHeir)
    try {
      await waitFor(taken, { timeoutMs: seenMs, everyMs: 100, what: `another to take what ${member.proc} had` })
      await pause(stage.setting.transactionTimeoutMs)
    } finally {
      await thaw(member)
    }
    const end = await endOf(stage, commit)
    if (end.phase === 'ok') throw new Error(`${member.proc} was not fenced`)
    if (end.code !== 'ICX_KAFKA_FENCED') throw new Error(`${member.proc} was told ${end.code}`)
    return member.proc
  },
}

/**
 * SIGKILL of the broker that coordinates a transaction, found by its end on the way there, which is lost with it; started again. Seen when
 * it is gone and every partition has committed under the next coordinator.
 */
export const killTransactionCoordinator: Fault = {
  name: 'kill-transaction-coordinator',
  async carryOut({ stage }) {
    const { arena, facts, history } = stage
    const { brokerProxies, cluster } = arena
    await allInSync(stage)
    const holding = await holdEnds(stage)
    const place = await waitFor(() => placesOf(holding).at(0), { timeoutMs: seenMs, everyMs: 5, what: 'an end' })
    const broker = cluster.brokers[place]
    if (broker === undefined) throw new Error('there is no such broker')
    try {
      await broker.kill()
      brokerProxies[place]?.cut()
    } finally {
      await Promise.all(holding.map((toxic) => toxic.remove()))
    }
    const killedAt = nowMs()
    const committed = (): boolean =>
      new Set(
        facts().flatMap((fact) =>
          fact.op === 'commit' && fact.phase === 'ok' && fact.at > killedAt ? [fact.partition] : [],
        ),
      ).size === partitions
    try {
      await waitFor(committed, { timeoutMs: seenMs, everyMs: 20, what: 'a commit of every partition' })
      history.note({ op: 'measured', figure: 'nextCommitMs', value: Math.round(nowMs() - killedAt) })
    } finally {
      await broker.start()
    }
    return broker.name
  },
}

const holdEnds = ({ arena }: Stage): Promise<readonly ActiveToxic[]> =>
  Promise.all(arena.brokerProxies.map((proxy) => proxy.add({ kind: 'hold-request', request: 'endTxn' })))

/** Before which brokers something is held. */
const placesOf = (holding: readonly ActiveToxic[]): readonly number[] =>
  holding.flatMap((toxic, place) => (toxic.effects() > 0 ? [place] : []))

/** Holds the ends of all transactions, stops a member that waits for one, and loses what was held. */
const stopInTransaction = async (stage: Stage): Promise<{ readonly member: Actor; readonly commit: Commit }> => {
  const { brokerProxies } = stage.arena
  const holding = await holdEnds(stage)
  try {
    const commit = await heldCommit(stage, nowMs())
    const member = stage.members.find(({ proc }) => proc === commit.proc)
    if (member === undefined) throw new Error(`${commit.proc} is not one of the members`)
    await freeze(member)
    // What is held dies with the connection, as it would in a network that is cut with its machine.
    for (const proxy of brokerProxies) proxy.cut()
    return { member, commit }
  } finally {
    await Promise.all(holding.map((toxic) => toxic.remove()))
  }
}

/** A commit that a member has not heard of, with ends held since then: it was begun since, or would have been answered. */
const heldCommit = async ({ facts, members }: Stage, sinceMs: number): Promise<Commit> => {
  const open = (): Commit | undefined => {
    const last = new Map<string, Commit>()
    for (const fact of facts()) if (fact.op === 'commit') last.set(`${fact.proc} ${fact.partition}`, fact)
    const answered = nowMs() > sinceMs + answerMs
    return [...last.values()].find(
      ({ phase, proc, at }) =>
        phase === 'invoke' && (at > sinceMs || answered) && members.some((each) => each.proc === proc),
    )
  }
  return await waitFor(open, { timeoutMs: seenMs, everyMs: 5, what: 'a commit under way' })
}

/** What became of it in the end. */
const endOf = async ({ facts }: Stage, begun: Commit): Promise<Commit> => {
  const end = (): Commit | undefined =>
    facts().find(
      (fact): fact is Commit & Happened =>
        fact.op === 'commit' &&
        fact.phase !== 'invoke' &&
        fact.proc === begun.proc &&
        fact.partition === begun.partition &&
        fact.at > begun.at,
    )
  return await waitFor(end, { timeoutMs: seenMs, everyMs: 50, what: `the end of a commit of ${begun.proc}` })
}

/** Rounds of interleaved transactions that are aborted; seen when their writer was told that each is. */
export const interleaveAborts: Fault = {
  name: 'interleave-aborts',
  async carryOut({ stage, writer }) {
    const aborted = (): number => stage.facts().filter((fact) => fact.op === 'send' && fact.phase === 'fail').length
    const before = aborted()
    writer.signal('SIGUSR2')
    const all = () => aborted() >= before + abortedPerRound * roundsPerSignal
    await waitFor(all, { timeoutMs: seenMs, everyMs: 50, what: 'aborted transactions' })
    return `${roundsPerSignal} rounds`
  },
}
