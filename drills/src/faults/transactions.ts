import { crashText, crashVariable, nowMs } from '@interchange/drill-kit'
import { waitFor } from '@interchange/testing'
import { abortedPerRound, roundsPerSignal } from '../load/interleaving.ts'
import { partitions } from '../stage.ts'
import { type Fault, seenMs } from './fault.ts'
import { holdRequests } from './hold-requests.ts'
import { allInSync } from './replicas.ts'

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
 * SIGKILL of the broker that coordinates a transaction, found by its end on the way there, which is lost with it; started again. Seen when
 * it is gone and every partition has committed under the next coordinator.
 */
export const killTransactionCoordinator: Fault = {
  name: 'kill-transaction-coordinator',
  async carryOut({ stage }) {
    const { arena, facts, history } = stage
    const { brokerProxies, cluster } = arena
    await allInSync(stage)
    const holding = await holdRequests(arena, 'endTxn')
    const place = await waitFor(holding.place, { timeoutMs: seenMs, everyMs: 5, what: 'an end' })
    const broker = cluster.brokers[place]
    if (broker === undefined) throw new Error('there is no such broker')
    try {
      await broker.kill()
      brokerProxies[place]?.cut()
    } finally {
      await holding.release()
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
