import { execFileSync } from 'node:child_process'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { ComponentMode, ComponentName } from './components/component.ts'
import type { Home } from './home.ts'

/** What `stack.json` says of one component. */
export interface ComponentState {
  readonly name: ComponentName
  readonly mode: ComponentMode
  readonly version: string | null
  readonly address: string
  readonly pid: number | null
}

/** What `stack.json` says of a running stack. */
export interface StackState {
  readonly guardPid: number
  readonly lifeStyle: 'attached' | 'detached'
  readonly startedAt: string
  /** One `<name>.log` for each component and service. */
  readonly logFolder: string
  /** The variables that lead services to this stack. */
  readonly env: Readonly<Record<string, string>>
  readonly components: readonly ComponentState[]
}

/** Writes the state so that a reader sees the old one or the new one, never half. */
export const writeState = (home: Home, state: StackState): void => {
  const draft = `${home.stateFile}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify(state, null, 2)}\n`)
  renameSync(draft, home.stateFile)
}

/** The state of the stack that runs in this home; null when none does, even if one died and left its file. */
export const readState = (home: Home): StackState | null => {
  let state: StackState
  try {
    state = JSON.parse(readFileSync(home.stateFile, 'utf8')) as StackState
  } catch {
    return null
  }
  return isGuardOf(state.guardPid, home) ? state : null
}

// A number alone may have been given to another process since: the guard names its home on its command line.
const isGuardOf = (pid: number, home: Home): boolean => commandLineOf(pid).includes(home.stateFile)

const commandLineOf = (pid: number): string => {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    return execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { encoding: 'utf8' })
  } catch {
    return ''
  }
}
