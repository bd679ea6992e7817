/** One process the guard is asked to run. */
export interface ProcessSpec {
  /** Unique among the running processes of one guard. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** Takes standard output and error, appended. */
  readonly logFile: string
  /** Services end before the components they use. */
  readonly role: 'component' | 'service'
  /** What asks this process to end in good order. */
  readonly stopSignal: 'SIGTERM' | 'SIGINT'
  readonly user?: { readonly uid: number; readonly gid: number }
}

/** A command that ends something the guard did not start itself, such as containers. */
export interface EndCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export type ToGuard =
  | { readonly type: 'spawn'; readonly spec: ProcessSpec }
  | { readonly type: 'signal'; readonly name: string; readonly signal: NodeJS.Signals }
  | { readonly type: 'at-end'; readonly command: EndCommand }
  | { readonly type: 'detach' }
  | { readonly type: 'end' }

export type FromGuard =
  | { readonly type: 'spawned'; readonly name: string; readonly pid: number }
  | { readonly type: 'spawn-failed'; readonly name: string; readonly reason: string }
  | { readonly type: 'exited'; readonly name: string; readonly exit: Exit }
  | { readonly type: 'detached' }
