import { setTimeout as pause } from 'node:timers/promises'
import { freeze, thaw } from '@interchange/drill-kit'
import { waitFor } from '@interchange/testing'
import type { Actor } from '../stage.ts'
import { type Fault, type Occasion, seenMs } from './fault.ts'

/** SIGKILL of one member, which is started anew; seen when it is gone. */
export const killMember: Fault = {
  name: 'kill-member',
  async carryOut(occasion) {
    const member = takeMember(occasion)
    member.signal('SIGKILL')
    const { signal } = await member.process.exited
    if (signal !== 'SIGKILL') throw new Error(`${member.proc} had ended before it was killed`)
    occasion.stage.members.push(await occasion.stage.start('member'))
    return member.proc
  },
}

/** SIGSTOP of one member until another has its partitions, then SIGCONT; seen when the system shows it stopped and they are taken. */
export const freezeMember: Fault = {
  name: 'freeze-member',
  async carryOut(occasion) {
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
  },
}

/** SIGTERM of one member, which is started anew; seen when it has ended with exit code 0. */
export const restartMember: Fault = {
  name: 'restart-member',
  async carryOut(occasion) {
    const member = takeMember(occasion)
    const startedMs = performance.now()
    member.signal('SIGTERM')
    const { code } = await member.process.exited
    const tookMs = performance.now() - startedMs
    if (code !== 0) throw new Error(`${member.proc} ended with exit code ${code}`)
    if (tookMs > 10_000) throw new Error(`${member.proc} took ${Math.round(tookMs)} ms to end`)
    occasion.stage.members.push(await occasion.stage.start('member'))
    return member.proc
  },
}

/** One more member joins and leaves; seen when it had partitions. */
export const joinAndLeave: Fault = {
  name: 'join-and-leave',
  async carryOut({ stage }) {
    const guest = await stage.start('member')
    const assigned = () => stage.facts().some((fact) => fact.op === 'assigned' && fact.proc === guest.proc)
    await waitFor(assigned, { timeoutMs: seenMs, everyMs: 50, what: `partitions for ${guest.proc}` })
    guest.signal('SIGTERM')
    const { code } = await guest.process.exited
    if (code !== 0) throw new Error(`${guest.proc} ended with exit code ${code}`)
    return guest.proc
  },
}

/** Takes one of the members out of the list. */
const takeMember = ({ stage, random }: Occasion): Actor => {
  const [member] = stage.members.splice(Math.floor(random() * stage.members.length), 1)
  if (member === undefined) throw new Error('there is no member')
  return member
}
