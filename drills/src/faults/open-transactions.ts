import { setTimeout as pause } from 'node:timers/promises'
import { freeze, type Happened, nowMs, thaw } from '@interchange/drill-kit'
import { waitFor } from '@interchange/testing'
import type { Actor, Stage } from '../stage.ts'
import { type Fault, seenMs } from './fault.ts'
import { holdRequests } from './hold-requests.ts'

type Commit = Extract<Happened, { op: 'commit' }>

/** By then a broker has answered what had reached it. */
const answerMs = 1_000

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
 * SIGSTOP of the only member with the end of its transaction on its way, which is then lost; SIGCONT when a group that reads what it
 * writes has called for help and gone on. How long that group stood still is measured.
 */
export const hangTransaction: Fault = {
  name: 'hang-transaction',
  async carryOut({ stage }) {
    const { member, commit } = await stopInTransaction(stage)
    const stoppedAt = nowMs()
    const subjects = (op: 'alarm' | 'relief'): ReadonlySet<string> =>
      new Set(
        stage
          .facts()
          .flatMap((fact) =>
            fact.op === op && fact.at > stoppedAt && fact.subject.startsWith('open transaction') ? [fact.subject] : [],
          ),
      )
    const freed = (): boolean => {
      const [called, gone] = [subjects('alarm'), subjects('relief')]
      return called.size > 0 && called.isSubsetOf(gone)
    }
    try {
      await waitFor(freed, { timeoutMs: seenMs, everyMs: 20, what: 'a call for help, and its end' })
      stage.history.note({ op: 'measured', figure: 'withheldMs', value: Math.round(nowMs() - stoppedAt) })
    } finally {
      await thaw(member)
    }
    const end = await endOf(stage, commit)
    if (end.phase === 'ok') throw new Error(`${member.proc} committed what the broker had ended`)
    return member.proc
  },
}

/** Holds the ends of all transactions, stops a member that waits for one, and loses what was held. */
const stopInTransaction = async (stage: Stage): Promise<{ readonly member: Actor; readonly commit: Commit }> => {
  const holding = await holdRequests(stage.arena, 'endTxn')
  try {
    const commit = await heldCommit(stage, nowMs())
    const member = stage.members.find(({ proc }) => proc === commit.proc)
    if (member === undefined) throw new Error(`${commit.proc} is not one of the members`)
    await freeze(member)
    // What is held dies with the connection, as it would in a network that is cut with its machine.
    for (const proxy of stage.arena.brokerProxies) proxy.cut()
    return { member, commit }
  } finally {
    await holding.release()
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
