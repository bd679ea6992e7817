import { waitFor } from '@interchange/testing'
import type { Deed } from '../load/deeds.ts'
import type { Stage } from '../stage.ts'
import { countRebalances } from './count-rebalances.ts'
import { type Fault, seenMs } from './fault.ts'
import { countLetters } from './letters.ts'
import { type SentStep, sendSteps, untilDone } from './send-steps.ts'

/** A step of a deed, and one behind it in its key, which must wait and go on. */
const withFollower = (key: string, does: Deed) => [
  { key, seq: 1, does },
  { key, seq: 2 },
]

/**
 * A handler takes three session timeouts, another does not settle at its first attempt; seen when each was at work for so long.
 * Counts the members that lost a partition meanwhile.
 */
export const slowHandlers: Fault = {
  name: 'slow-handlers',
  async carryOut({ stage, time }) {
    const [slow, hanging] = [`slow-${time}`, `hanging-${time}`]
    const steps = [...withFollower(slow, 'takes three sessions'), ...withFollower(hanging, 'never settles at first')]
    const sent = await sendSteps(stage, steps)
    await countRebalances(stage, () => untilDone(stage, sent))
    const [slowAttempts, , hangingAttempts] = sent.map((each) => attemptsOf(stage, each))
    if (slowAttempts !== 1) throw new Error(`the slow handler was called ${slowAttempts} times`)
    if (hangingAttempts !== 2) throw new Error(`the hanging handler was called ${hangingAttempts} times`)
    return 'group'
  },
}

/** A handler never settles, however often it is called; seen when its message has become a dead letter. */
export const hangingHandler: Fault = {
  name: 'hanging-handler',
  async carryOut({ stage, time }) {
    const letters = await countLetters(stage)
    const key = `stuck-${time}`
    const [sent] = await sendSteps(stage, [{ key, seq: 1, does: 'never settles', poison: true }])
    if (sent === undefined) throw new Error('nothing was sent')
    const timeoutMs = 3 * seenMs
    await waitFor(async () => (await countLetters(stage)) > letters, { timeoutMs, everyMs: 200, what: 'a dead letter' })
    return `${attemptsOf(stage, sent)} attempts`
  },
}

const throwing = [
  'throws a TypeError',
  'throws a string',
  'throws undefined',
  'throws a frozen error',
  'throws an error that is its own cause',
  'throws what throws when it is looked at',
] as const satisfies readonly Deed[]

/** Handlers throw whatever can be thrown, and one answers twice; seen when each that throws has become a dead letter. */
export const throwingHandlers: Fault = {
  name: 'throwing-handlers',
  async carryOut({ stage, time }) {
    const letters = await countLetters(stage)
    await sendSteps(stage, [
      ...throwing.map((does, index) => ({ key: `throws-${time}-${index}`, seq: 1, does, poison: true })),
      { key: `twice-${time}`, seq: 1, does: 'answers twice' },
    ])
    const all = async (): Promise<boolean> => (await countLetters(stage)) === letters + throwing.length
    await waitFor(all, { timeoutMs: seenMs, everyMs: 100, what: `${throwing.length} dead letters` })
    return 'group'
  },
}

/** A handler ends its process, which is started anew; seen when it is gone and another attempt has its effect. */
export const deadlyHandler = (does: Deed): Fault => ({
  name: `handler ${does}`,
  async carryOut({ stage, time }) {
    const sent = await sendSteps(stage, withFollower(`deadly-${does}-${time}`, does))
    const isGone = () => stage.members.find(({ process }) => process.exit() !== null)
    const gone = await waitFor(isGone, { timeoutMs: seenMs, everyMs: 20, what: 'the end of a member' })
    stage.members.splice(stage.members.indexOf(gone), 1, await stage.start('member'))
    await untilDone(stage, sent)
    const { code, signal } = await gone.process.exited
    return `${gone.proc}, ${signal ?? `exit code ${code}`}`
  },
})

/**
 * A handler keeps its process from doing anything else, longer than its session lasts; seen when another member has its partition, and
 * over when it is a member again: two at once would leave nobody to take over.
 */
export const blockingHandler: Fault = {
  name: 'handler blocks the process',
  async carryOut({ stage, time }) {
    const sent = await sendSteps(stage, withFollower(`blocks-${time}`, 'blocks the process'))
    await untilDone(stage, sent)
    const [first] = sent
    const attempts = stage.facts().filter((fact) => fact.op === 'attempt' && fact.id === first?.id)
    const [blocked, other] = attempts
    if (blocked === undefined || other === undefined || other.proc === blocked.proc)
      throw new Error('no other member took the partition')
    const isBack = () =>
      stage.facts().some(({ op, proc, at }) => op === 'assigned' && proc === blocked.proc && at > other.at)
    await waitFor(isBack, { timeoutMs: seenMs, everyMs: 200, what: `${blocked.proc} to be a member again` })
    return blocked.proc
  },
}

const attemptsOf = ({ facts }: Stage, { id }: SentStep): number =>
  facts().filter((fact) => fact.op === 'attempt' && fact.id === id).length
