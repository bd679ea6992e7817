import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import type { RunningService } from '@interchange/stack'

/** Memory of a Node process after a full garbage collection, in bytes. */
export interface LiveMemory {
  readonly heapUsed: number
  /** Buffers and other memory outside the heap that the heap holds on to. */
  readonly external: number
  readonly rss: number
}

const openDeadlineMs = 10_000
const answerDeadlineMs = 30_000

/**
 * Asks a running service to open its inspector (SIGUSR1) and answers the inspector's address. Start services with `inspectorArgs`, or
 * they would all want the same port. Until then the service runs as it does in production.
 */
export const openInspector = async (service: RunningService, signal: AbortSignal): Promise<string> => {
  service.kill('SIGUSR1')
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(openDeadlineMs)])
  for (;;) {
    const url = /Debugger listening on (ws:\S+)/.exec(await readFile(service.logFile, 'utf8'))?.[1]
    if (url !== undefined) return url
    await pause(50, undefined, { signal: deadline })
  }
}

/** Flags for services whose inspector is to be opened later: any free port. */
export const inspectorArgs: readonly string[] = ['--inspect-port=127.0.0.1:0']

/** Collects all garbage of the process behind an inspector and answers what is left. */
export const liveMemory = async (inspectorUrl: string): Promise<LiveMemory> => {
  const session = await connect(inspectorUrl)
  try {
    // The first collection runs finalizers; what they let go is collected by the second.
    await session.ask('HeapProfiler.collectGarbage')
    await session.ask('HeapProfiler.collectGarbage')
    const { result } = (await session.ask('Runtime.evaluate', {
      expression: 'process.memoryUsage()',
      returnByValue: true,
    })) as { result: { value: LiveMemory } }
    return result.value
  } finally {
    session.close()
  }
}

interface Session {
  ask(method: string, params?: object): Promise<unknown>
  close(): void
}

interface Answer {
  readonly id?: number
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

const connect = async (url: string): Promise<Session> => {
  const socket = new WebSocket(url)
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  const opened = Promise.withResolvers<void>()
  const fail = (): void => {
    const error = new Error(`the inspector at ${url} closed the connection`)
    opened.reject(error)
    for (const { reject } of waiting.values()) reject(error)
  }
  socket.addEventListener('open', () => opened.resolve())
  socket.addEventListener('error', fail)
  socket.addEventListener('close', fail)
  socket.addEventListener('message', ({ data }) => {
    const { id, result, error } = JSON.parse(String(data)) as Answer
    const asked = waiting.get(id ?? 0)
    if (error === undefined) asked?.resolve(result)
    else asked?.reject(new Error(`the inspector refused: ${error.message}`))
  })
  await opened.promise
  let lastId = 0
  return {
    async ask(method, params = {}) {
      const id = ++lastId
      const answer = Promise.withResolvers<unknown>()
      waiting.set(id, answer)
      socket.send(JSON.stringify({ id, method, params }))
      const timer = setTimeout(
        () => answer.reject(new Error(`the inspector did not answer ${method}`)),
        answerDeadlineMs,
      )
      try {
        return await answer.promise
      } finally {
        clearTimeout(timer)
        waiting.delete(id)
      }
    },
    close: () => socket.close(),
  }
}
