import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'

/** One core for the broker and everything else that serves, one for the client that is measured. */
const cores = { servers: '0', client: '1' }

/** Whether processes can be held on a core here. Without it the figures say less, and the results file says so. */
export const canPin: boolean = existsSync('/usr/bin/taskset') && availableParallelism() >= 2

/** Holds a running process, all its threads and its children to come on the servers' core. */
export const pinServer = (pid: number): void => {
  if (canPin) execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', cores.servers, String(pid)])
}

/** The command that runs Node on the client's core. */
export const clientCommand = (args: readonly string[]): readonly [string, readonly string[]] =>
  canPin ? ['taskset', ['--cpu-list', cores.client, process.execPath, ...args]] : [process.execPath, args]
