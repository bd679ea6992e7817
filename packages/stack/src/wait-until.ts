import { setTimeout as pause } from 'node:timers/promises'
import { InterchangeError } from '@interchange/messaging'
import type { GuardedProcess } from './guard/guard.ts'
import { lastLines } from './log-file.ts'

const pollMs = 100

/** What one wait needs to know. */
export interface Wait {
  readonly name: string
  readonly deadlineMs: number
  /** A real request; resolves to true when the component answers as it should. */
  readonly answers: () => Promise<boolean>
  /** Ends the wait at once when this process dies. */
  readonly process?: GuardedProcess
  readonly logFile?: string
}

/** Asks until the component answers; throws ICX_STACK_START_FAILED with the end of its log when it dies or is late. */
export const waitUntilAnswers = async (wait: Wait): Promise<void> => {
  const deadline = performance.now() + wait.deadlineMs
  while (!(await wait.answers())) {
    const exit = wait.process?.exit() ?? null
    if (exit !== null) throw startFailed(wait, `ended with ${exit.signal ?? `exit code ${exit.code}`}`)
    if (performance.now() > deadline) throw startFailed(wait, `did not answer within ${wait.deadlineMs} ms`)
    await pause(pollMs)
  }
}

const startFailed = (wait: Wait, what: string): InterchangeError => {
  const said = wait.logFile === undefined ? '' : `\n${lastLines(wait.logFile, 20)}\n(from ${wait.logFile})`
  return new InterchangeError('ICX_STACK_START_FAILED', `${wait.name} ${what}${said}`, {
    class: 'fatal',
    facts: { component: wait.name, deadlineMs: wait.deadlineMs },
  })
}
