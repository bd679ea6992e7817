import { replayAudit } from '@interchange/contracts'
import { crashText, crashVariable } from '@interchange/drill-kit'
import { newEventId } from '@interchange/messaging'
import { waitFor } from '@interchange/testing'
import type { Actor, Stage } from '../stage.ts'
import { type Fault, seenMs } from './fault.ts'
import { countLetters } from './letters.ts'
import { stopMembers } from './operator.ts'

/** The writer sends a run of what no handler can take; seen when all of it is dead-lettered. Then the handlers are mended. */
export const poisonThenMend: Fault = {
  name: 'poison-then-mend',
  async carryOut({ stage, writer }) {
    await startMembers(stage, false)
    const wanted = (await countLetters(stage)) + (stage.setting.load.poisonRun ?? 0)
    writer.signal('SIGUSR2')
    const areThere = async (): Promise<boolean> => (await countLetters(stage)) >= wanted
    await waitFor(areThere, { timeoutMs: 2 * seenMs, everyMs: 200, what: 'a letter of each' })
    await startMembers(stage, true)
    return `${wanted} letters`
  },
}

/** A replay dies at this point and hit (SIGKILL); seen when it is gone by its own hand. Another one continues what it left. */
export const killReplay = (point: string, hits: number): Fault => ({
  name: 'kill-replay',
  async carryOut({ stage, time }) {
    const replayId = newEventId(Date.now())
    const crash = { [crashVariable]: crashText({ point, hit: 1 + (time % hits) }) }
    const replayer = await startReplay(stage, [replayId, 'oldest'], crash)
    const { code, signal } = await replayer.process.exited
    const died = stage.facts().some((fact) => fact.op === 'crash' && fact.proc === replayer.proc)
    if (signal !== 'SIGKILL' || !died)
      throw new Error(`${replayer.proc} ended with ${code ?? signal} and not at ${point}`)
    await replayed(stage, await startReplay(stage, [replayId, 'rest']))
    return `${replayer.proc} at ${point}`
  },
})

/** What waits is sent back to the end; seen when nothing is open any more. */
export const replayTheRest: Fault = {
  name: 'replay-the-rest',
  async carryOut({ stage }) {
    const replayer = await startReplay(stage, [newEventId(Date.now()), 'open'])
    await replayed(stage, replayer)
    return replayer.proc
  },
}

/** Every letter there is is sent back once more; seen when all of them lie in the lane again. */
export const replayAgain: Fault = {
  name: 'replay-again',
  async carryOut({ stage }) {
    const replayer = await startReplay(stage, [newEventId(Date.now()), 'all'])
    const { planned, sent } = await replayed(stage, replayer)
    if (planned === 0 || sent !== planned) throw new Error(`${sent} of ${planned} letters were sent`)
    return `${sent} letters`
  },
}

/** Two operators send back the same letters at the same time; seen when both have sent all of them. */
export const twoOperators: Fault = {
  name: 'two-operators',
  async carryOut({ stage }) {
    const both = await Promise.all([0, 1].map(() => startReplay(stage, [newEventId(Date.now()), 'all'])))
    const [one, other] = await Promise.all(both.map((operator) => replayed(stage, operator)))
    if (one === undefined || other === undefined || Math.min(one.sent, other.sent) === 0)
      throw new Error('not both of them sent something')
    return `${one.sent} and ${other.sent} letters`
  },
}

const startReplay = async (stage: Stage, args: readonly string[], env: Record<string, string> = {}): Promise<Actor> => {
  const { admin, arena } = stage
  const audit = { name: replayAudit.name, partitions: replayAudit.partitions, configs: {} }
  await admin.createTopics([{ ...audit, replicationFactor: arena.brokers.length }])
  return await stage.start('replayer', { args, env })
}

/** What a replay that ended in good order says it did. */
const replayed = async (stage: Stage, { process, proc }: Actor) => {
  const { code } = await process.exited
  const fact = stage.facts().find((each) => each.op === 'replayed' && each.proc === proc)
  if (code !== 0 || fact?.op !== 'replayed') throw new Error(`${proc} ended with exit code ${code}`)
  return fact
}

/** Ends the members and starts as many that can, or cannot, handle poison. */
const startMembers = async (stage: Stage, healed: boolean): Promise<void> => {
  await stopMembers(stage)
  const starting = Array.from({ length: stage.setting.members }, () => stage.start('member', { ground: { healed } }))
  stage.members.push(...(await Promise.all(starting)))
}
