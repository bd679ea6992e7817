import type { HistoryFile } from '../history/history.ts'

/** Where a process is to die: at the `hit`th time it reaches the point of that name. */
export interface CrashPoint {
  readonly point: string
  /** From 1. */
  readonly hit: number
}

/** The variable that tells a process where to die, as `name#hit`. */
export const crashVariable = 'DRILL_CRASH_AT'

export const crashText = ({ point, hit }: CrashPoint): string => `${point}#${hit}`

/** Null where nothing is named. Throws on a text that names no point. */
export const readCrashPoint = (text: string | undefined): CrashPoint | null => {
  if (text === undefined || text === '') return null
  const [, point, hit] = /^([\w.-]+)#([1-9]\d*)$/.exec(text) ?? []
  if (point === undefined || hit === undefined) throw new TypeError(`${text} is no crash point: name#hit`)
  return { point, hit: Number(hit) }
}

/**
 * What a drill's process calls at its named points. At the chosen one it notes that it dies and is gone by SIGKILL: nothing behind
 * the call runs, no `finally`, no exit handler.
 */
export const createCrashPoints = (at: CrashPoint | null, history: HistoryFile): ((point: string) => void) => {
  let hits = 0
  return (point) => {
    if (at === null || point !== at.point || ++hits !== at.hit) return
    history.note({ op: 'crash', point, hit: hits })
    process.kill(process.pid, 'SIGKILL')
    // The signal may be delivered by another thread: this one must not go on until it is.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  }
}
