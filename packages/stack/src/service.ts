import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { httpAnswers } from './answers.ts'
import type { Guard, GuardedProcess } from './guard/guard.ts'
import type { Exit } from './guard/protocol.ts'
import { waitUntilAnswers } from './wait-until.ts'

const readyDeadlineMs = 60_000
const stopGraceMs = 30_000

/**
 * Flags of Node for every service, the same in `start` and in the image. Left alone, V8 lets a service that holds 50 MiB grow to
 * 450; bench/README.md has the figures of these bounds.
 */
export const serviceFlags: readonly string[] = [
  '--enable-source-maps',
  '--max-old-space-size=384',
  '--max-semi-space-size=8',
]

/** One of our Node services, to be run under the stack's guard. */
export interface ServiceOptions {
  /** Unique in its stack; also names its log. */
  readonly name: string
  /** Its compiled entry, for example `services/producer/dist/main.js`. */
  readonly entry: string
  /** Beyond the stack's own variables; PORT is found when it is not given. */
  readonly env?: Readonly<Record<string, string>>
  /** Flags of Node itself, behind `serviceFlags`: the last of two wins. */
  readonly nodeArgs?: readonly string[]
  readonly logFile?: string
  /** How long it may take until `/health/ready` answers 200. Default 60 s. */
  readonly readyDeadlineMs?: number
}

/** A service that runs, or ran, under the stack's guard. */
export interface RunningService {
  readonly name: string
  readonly port: number
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  readonly logFile: string
  pid(): number | null
  /** How it ended; null while it runs. */
  exit(): Exit | null
  /** Resolves when the present process has ended. */
  exited(): Promise<Exit>
  kill(signal: NodeJS.Signals): void
  /** SIGTERM, then SIGKILL after 30 s. Idempotent. */
  stop(): Promise<Exit>
  /** Stops what runs, starts it again with the same port and environment, resolves when it is ready. */
  restart(): Promise<void>
}

/** What the stack adds to the options. */
export interface ServiceGround {
  readonly guard: Guard
  readonly env: Readonly<Record<string, string>>
  readonly port: number
  readonly logFile: string
  readonly cwd: string
}

/** Starts a service and resolves when it is ready; throws ICX_STACK_START_FAILED with the end of its log otherwise. */
export const startGuardedService = async (options: ServiceOptions, ground: ServiceGround): Promise<RunningService> => {
  const { guard, port, logFile, cwd } = ground
  const url = `http://127.0.0.1:${port}`
  mkdirSync(dirname(logFile), { recursive: true })
  const start = async (): Promise<GuardedProcess> => {
    const process_ = await guard.spawn({
      name: options.name,
      command: process.execPath,
      args: [...serviceFlags, ...(options.nodeArgs ?? []), options.entry],
      cwd,
      env: { ...ground.env, PORT: String(port), ...options.env },
      logFile,
      role: 'service',
      stopSignal: 'SIGTERM',
    })
    await waitUntilAnswers({
      name: options.name,
      deadlineMs: options.readyDeadlineMs ?? readyDeadlineMs,
      answers: () => httpAnswers(`${url}/health/ready`),
      process: process_,
      logFile,
    }).catch(async (error: unknown) => {
      await process_.stop(0)
      throw error
    })
    return process_
  }
  let current = await start()
  return {
    name: options.name,
    port,
    url,
    logFile,
    pid: () => (current.exit() === null ? current.pid : null),
    exit: () => current.exit(),
    exited: () => current.exited,
    kill: (signal) => current.kill(signal),
    stop: () => current.stop(stopGraceMs),
    restart: async () => {
      await current.stop(stopGraceMs)
      current = await start()
    },
  }
}
