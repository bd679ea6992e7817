import { execFile } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'

/** A process the drill has started. */
export interface Freezable {
  pid(): number | null
  signal(signal: NodeJS.Signals): void
}

const run = promisify(execFile)
const deadlineMs = 10_000
const pollMs = 5

/** Stops a process where it is (SIGSTOP) and resolves when the system shows it stopped. */
export const freeze = async (process_: Freezable): Promise<void> => {
  process_.signal('SIGSTOP')
  await until(process_, (state) => state.startsWith('T'), 'stand still')
}

/** Lets it go on (SIGCONT) and resolves when the system shows that it does. */
export const thaw = async (process_: Freezable): Promise<void> => {
  process_.signal('SIGCONT')
  await until(process_, (state) => !state.startsWith('T'), 'go on')
}

const until = async (process_: Freezable, holds: (state: string) => boolean, what: string): Promise<void> => {
  const endMs = performance.now() + deadlineMs
  for (;;) {
    const pid = process_.pid()
    if (pid === null) throw new Error(`the process that should ${what} has ended`)
    const { stdout } = await run('ps', ['-o', 'stat=', '-p', String(pid)])
    if (holds(stdout.trim())) return
    if (performance.now() > endMs) throw new Error(`process ${pid} did not ${what} within ${deadlineMs} ms`)
    await pause(pollMs)
  }
}
