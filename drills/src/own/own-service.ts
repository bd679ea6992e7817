import { readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Freezable } from '@interchange/drill-kit'
import { type GuardedProcess, lastLines, type RunningCluster } from '@interchange/stack'
import { waitFor } from '@interchange/testing'
import type { CommandLine, OwnDrill } from './own-drill.ts'

/** Where a service of one's own runs. */
export interface OwnGround {
  readonly cluster: RunningCluster
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
}

/** One instance, which is started again whenever it has ended, as a supervisor does. */
export interface OwnService extends Freezable {
  readonly name: string
  /** Ends it and resolves when it was started again and is ready; rejects when it did not end by that signal or in good order. */
  replace(how: 'SIGKILL' | 'SIGTERM'): Promise<void>
  /** Resolves when it says it is ready. */
  ready(): Promise<void>
  /** How often it ended although nobody had told it to. */
  ends(): number
  stop(): Promise<void>
}

const readyMs = 60_000
const stopMs = 30_000
const restartPauseMs = 1_000

/** Starts an instance and resolves when it is ready; rejects with the end of its output. */
export const startOwnService = async (
  { service }: Pick<OwnDrill, 'service'>,
  ground: OwnGround,
  name: string,
): Promise<OwnService> => {
  const logFile = join(ground.cluster.logFolder, `${name}.log`)
  const port = await freePort()
  const env = { ...ground.env, PORT: String(port), ...service.env }
  let process_: GuardedProcess
  let logFrom = 0
  let ends = 0
  let isOver = false
  /** Somebody ends it on purpose: no supervisor comes in between. */
  let isMeant = false

  const start = async (): Promise<void> => {
    logFrom = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0
    process_ = await spawnOwn(ground, name, service.start, env)
    void supervise(process_)
  }
  const supervise = async (own: GuardedProcess): Promise<void> => {
    await own.exited
    if (isMeant || isOver) return
    ends++
    await pause(restartPauseMs)
    if (!isOver && own === process_) await start()
  }
  const isReady = async (): Promise<boolean> => {
    const { ready } = service
    if ('log' in ready) {
      const said = readFileSync(logFile).subarray(logFrom).toString('utf8')
      return said.split('\n').some((line) => ready.log.test(line))
    }
    const answer = await fetch(ready.url.replace('{port}', String(port)), { signal: AbortSignal.timeout(2_000) })
    await answer.arrayBuffer()
    return answer.ok
  }
  const ready = async (): Promise<void> => {
    await waitFor(isReady, { timeoutMs: readyMs, everyMs: 50, what: `${name} to be ready` }).catch((cause: unknown) => {
      throw new Error(`${name} is not ready\n${lastLines(logFile, 20)}`, { cause })
    })
  }

  await start()
  await ready()
  return {
    name,
    ready,
    ends: () => ends,
    pid: () => (process_.exit() === null ? process_.pid : null),
    signal: (signal) => process_.kill(signal),
    async replace(how) {
      isMeant = true
      try {
        const exit = how === 'SIGKILL' ? await killed(process_) : await process_.stop(stopMs)
        if (how === 'SIGKILL' && exit.signal !== 'SIGKILL') throw new Error(`${name} had ended before it was killed`)
        if (how === 'SIGTERM' && exit.signal === 'SIGKILL') throw new Error(`${name} did not end within ${stopMs} ms`)
      } finally {
        isMeant = false
        await start()
      }
      await ready()
    },
    async stop() {
      isOver = true
      await process_.stop(stopMs)
    },
  }
}

const killed = async (process_: GuardedProcess) => {
  process_.kill('SIGKILL')
  return await process_.exited
}

/** Runs one of the drill's commands on its ground. */
export const spawnOwn = (
  { cluster, folder }: OwnGround,
  name: string,
  [command, ...args]: CommandLine,
  env: Readonly<Record<string, string>>,
): Promise<GuardedProcess> =>
  cluster.spawn({ name, command: command === 'node' ? process.execPath : command, args, cwd: folder, env })

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const bound = server.address()
      server.close(() => resolve(typeof bound === 'object' && bound !== null ? bound.port : 0))
    })
  })
