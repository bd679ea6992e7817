import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InterchangeError } from '@interchange/messaging'
import type { EndCommand, Exit, FromGuard, ProcessSpec, ToGuard } from './protocol.ts'

/** A process that lives under the guard. */
export interface GuardedProcess {
  readonly name: string
  readonly pid: number
  /** Resolves when the process has ended. */
  readonly exited: Promise<Exit>
  /** How it ended; null while it runs. */
  exit(): Exit | null
  kill(signal: NodeJS.Signals): void
  /** Asks it to end in good order and kills it after `graceMs`. */
  stop(graceMs: number): Promise<Exit>
}

/** The owner's end of the guard. */
export interface Guard {
  readonly pid: number
  spawn(spec: ProcessSpec): Promise<GuardedProcess>
  /** Runs a command when everything else has ended, also after the owner's death. */
  atEnd(command: EndCommand): void
  /** Lets everything outlive this process; afterwards a SIGTERM to the guard ends it. */
  detach(): Promise<void>
  /** Ends services, then components, then the guard. Idempotent. */
  end(): Promise<void>
}

interface Child {
  readonly name: string
  pid: number
  exit: Exit | null
  readonly spawned: PromiseWithResolvers<void>
  readonly exited: PromiseWithResolvers<Exit>
  readonly stopSignal: NodeJS.Signals
}

const killedWithGuard: Exit = { code: null, signal: 'SIGKILL' }

const guardDied = (name: string): InterchangeError =>
  new InterchangeError('ICX_STACK_START_FAILED', `the guard process ended before ${name} had started`, {
    class: 'fatal',
    facts: { component: name },
  })

/** Starts a guard whose children end with this process. `stateFile` is removed when the guard ends. */
export const startGuard = (options: { readonly stateFile: string; readonly logFile: string }): Guard => {
  const log = openSync(options.logFile, 'a')
  const main = fileURLToPath(new URL(`./guard-main${extname(import.meta.url)}`, import.meta.url))
  const guard = spawn(process.execPath, [main, options.stateFile], {
    stdio: ['ignore', log, log, 'ipc'],
    // A session of its own: a terminal's Ctrl-C, or a kill of the owner's group, must not reach it.
    detached: true,
  })
  closeSync(log)
  return connect(guard)
}

const connect = (guard: ChildProcess): Guard => {
  const children = new Map<string, Child>()
  const detachedBy = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<void>()
  const send = (message: ToGuard): void => {
    if (guard.connected) guard.send(message)
  }
  const settle = (child: Child, exit: Exit): void => {
    children.delete(child.name)
    child.exit = exit
    child.exited.resolve(exit)
  }
  guard.on('message', (message: FromGuard) => {
    if (message.type === 'detached') {
      detachedBy.resolve()
      return
    }
    const child = children.get(message.name)
    if (child === undefined) return
    if (message.type === 'spawned') {
      child.pid = message.pid
      child.spawned.resolve()
    } else if (message.type === 'exited') settle(child, message.exit)
    else {
      children.delete(child.name)
      child.spawned.reject(
        new InterchangeError('ICX_STACK_START_FAILED', `${child.name} could not be started: ${message.reason}`, {
          class: 'fatal',
          facts: { component: child.name },
        }),
      )
    }
  })
  const onGone = (): void => {
    // Without its guard nothing would end these processes any more, so this side does it now.
    for (const child of [...children.values()]) {
      if (child.pid > 0) killGroup(child.pid)
      child.spawned.reject(guardDied(child.name))
      settle(child, killedWithGuard)
    }
    ended.resolve()
  }
  guard.on('exit', onGone)
  guard.on('error', onGone)

  const spawnGuarded = async (spec: ProcessSpec): Promise<GuardedProcess> => {
    if (children.has(spec.name)) throw new TypeError(`${spec.name} runs already under this guard`)
    const child: Child = {
      name: spec.name,
      pid: 0,
      exit: null,
      spawned: Promise.withResolvers<void>(),
      exited: Promise.withResolvers<Exit>(),
      stopSignal: spec.stopSignal,
    }
    if (!guard.connected) throw guardDied(spec.name)
    children.set(spec.name, child)
    send({ type: 'spawn', spec })
    await child.spawned.promise
    return handleOf(child, send)
  }

  return {
    pid: guard.pid ?? 0,
    spawn: spawnGuarded,
    atEnd: (command) => send({ type: 'at-end', command }),
    detach: async () => {
      send({ type: 'detach' })
      await detachedBy.promise
      guard.disconnect()
      guard.unref()
    },
    end: async () => {
      send({ type: 'end' })
      await ended.promise
    },
  }
}

const handleOf = (child: Child, send: (message: ToGuard) => void): GuardedProcess => {
  const kill = (signal: NodeJS.Signals): void => send({ type: 'signal', name: child.name, signal })
  return {
    name: child.name,
    pid: child.pid,
    exited: child.exited.promise,
    exit: () => child.exit,
    kill: (signal) => {
      if (child.exit === null) kill(signal)
    },
    stop: async (graceMs) => {
      if (child.exit !== null) return child.exit
      kill(child.stopSignal)
      const late = setTimeout(() => kill('SIGKILL'), graceMs)
      try {
        return await child.exited.promise
      } finally {
        clearTimeout(late)
      }
    },
  }
}

const killGroup = (pid: number): void => {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Already gone, which is what was wanted.
  }
}
