import type { Guard, GuardedProcess } from '../guard/guard.ts'
import type { ProcessSpec } from '../guard/protocol.ts'
import { waitUntilAnswers } from '../wait-until.ts'

/** The parts a stack has. */
export const componentNames = ['kafka', 'registry', 'postgres', 'jaeger'] as const

/** One of the parts of a stack. */
export type ComponentName = (typeof componentNames)[number]

/** Where a component runs: somebody else's, in a container, or as a process here. */
export type ComponentMode = 'external' | 'docker' | 'local'

/** One running part of a stack. */
export interface Component {
  readonly name: ComponentName
  readonly mode: ComponentMode
  /** Null when it is somebody else's and does not say. */
  readonly version: string | null
  /** What a person would look for: host and port, or a URL. */
  readonly address: string
  /** The process here; null when it runs elsewhere or not at all. */
  pid(): number | null
  /** Ends it at once (SIGKILL) and resolves when it is gone. Refused for an external component. */
  kill(): Promise<void>
  /** Starts it again on the same data and ports and resolves when it answers. Does nothing while it runs. */
  start(): Promise<void>
}

/** How to run a component as a process here. */
export interface LocalComponent {
  readonly name: ComponentName
  readonly version: string
  readonly address: string
  readonly process: Omit<ProcessSpec, 'role' | 'name'>
  readonly answers: () => Promise<boolean>
  readonly deadlineMs: number
}

/** Starts a process under the guard and resolves when it answers. */
export const startLocalComponent = async (guard: Guard, local: LocalComponent): Promise<Component> => {
  let current: GuardedProcess | undefined
  const start = async (): Promise<void> => {
    if (current !== undefined && current.exit() === null) return
    current = await guard.spawn({ ...local.process, name: local.name, role: 'component' })
    const { answers, deadlineMs, name, process } = local
    await waitUntilAnswers({ name, deadlineMs, answers, process: current, logFile: process.logFile })
  }
  await start()
  return {
    name: local.name,
    mode: 'local',
    version: local.version,
    address: local.address,
    pid: () => (current === undefined || current.exit() !== null ? null : current.pid),
    kill: async () => {
      current?.kill('SIGKILL')
      await current?.exited
    },
    start,
  }
}
