// The guard: every process of a stack is its child, and it holds one end of a pipe to whoever started the stack. When
// that end closes, by whatever death, it ends everything. Detached, it ends everything when it is told to (SIGTERM).
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, rmSync } from 'node:fs'
import type { EndCommand, FromGuard, ProcessSpec, ToGuard } from './protocol.ts'

/** How long processes may take to end in good order when somebody asked for it. */
const orderlyMs = 15_000
/** The same when the owner is dead: nobody waits for order, and the promise is two seconds in all. */
const orphanedMs = 1_000

interface Running {
  readonly spec: ProcessSpec
  readonly child: ChildProcess
  readonly gone: Promise<void>
}

const stateFile = process.argv[2]
const running = new Map<string, Running>()
const endCommands: EndCommand[] = []
let detached = false
let ending: Promise<void> | undefined

const tell = (message: FromGuard): void => {
  if (process.connected) process.send?.(message)
}

const signalGroup = (child: ChildProcess, signal: NodeJS.Signals): void => {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // It ended between the check and the call, or has no group of its own yet.
    child.kill(signal)
  }
}

const start = (spec: ProcessSpec): void => {
  const log = openSync(spec.logFile, 'a')
  const child = spawn(spec.command, spec.args, {
    cwd: spec.cwd,
    env: spec.env,
    stdio: ['ignore', log, log],
    detached: true,
    ...(spec.user && { uid: spec.user.uid, gid: spec.user.gid }),
  })
  closeSync(log)
  const gone = new Promise<void>((resolve) => {
    child.on('error', (error) => {
      if (child.pid !== undefined) return
      running.delete(spec.name)
      tell({ type: 'spawn-failed', name: spec.name, reason: error.message })
      resolve()
    })
    child.on('exit', (code, signal) => {
      running.delete(spec.name)
      tell({ type: 'exited', name: spec.name, exit: { code, signal } })
      resolve()
    })
  })
  running.set(spec.name, { spec, child, gone })
  if (child.pid !== undefined) tell({ type: 'spawned', name: spec.name, pid: child.pid })
  if (ending !== undefined) signalGroup(child, 'SIGKILL')
}

const endAll = async (processes: readonly Running[]): Promise<void> => {
  for (const { spec, child } of processes) signalGroup(child, spec.stopSignal)
  const late = setTimeout(() => {
    for (const { child } of processes) signalGroup(child, 'SIGKILL')
  }, orderlyMs)
  await Promise.all(processes.map(({ gone }) => gone))
  clearTimeout(late)
}

const runEndCommand = ({ command, args, cwd, env }: EndCommand): Promise<void> =>
  new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: 'ignore', detached: true })
    child.on('error', () => resolve())
    child.on('exit', () => resolve())
  })

const withRole = (role: ProcessSpec['role']): Running[] =>
  [...running.values()].filter(({ spec }) => spec.role === role)

const finish = async (): Promise<void> => {
  await endAll(withRole('service'))
  await endAll(withRole('component'))
  await Promise.all(endCommands.map(runEndCommand))
  if (stateFile !== undefined) rmSync(stateFile, { force: true })
  process.exit(0)
}

const end = (): void => {
  ending ??= finish()
}

const endOrphans = (): void => {
  for (const { spec, child } of running.values()) signalGroup(child, spec.stopSignal)
  setTimeout(() => {
    for (const { child } of running.values()) signalGroup(child, 'SIGKILL')
  }, orphanedMs)
  end()
}

process.on('message', (message: ToGuard) => {
  if (message.type === 'spawn') start(message.spec)
  else if (message.type === 'signal') {
    const target = running.get(message.name)
    if (target !== undefined) signalGroup(target.child, message.signal)
  } else if (message.type === 'at-end') endCommands.push(message.command)
  else if (message.type === 'end') end()
  else {
    detached = true
    tell({ type: 'detached' })
  }
})
process.on('disconnect', () => {
  if (!detached) endOrphans()
})
process.on('SIGTERM', end)
// The terminal's signals are for the owner, which decides what they mean.
process.on('SIGINT', () => undefined)
process.on('SIGHUP', () => undefined)
