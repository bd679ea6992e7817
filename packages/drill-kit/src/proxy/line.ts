import type { Socket } from 'node:net'
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises'
import type { Direction, Toxic, WorkingToxic } from './toxic.ts'

/** More than this waiting in one direction stops the reading, as a full socket buffer would. */
const queuedBytesMax = 1024 * 1024

/** What the lines of a proxy look at while they carry bytes. */
export interface Weather {
  toxics(): readonly WorkingToxic[]
  /** Resolves when a toxic has come or gone. */
  changed(): Promise<void>
}

/** One direction of one connection. */
export interface Line {
  /** Takes a piece to be carried to the other end; `held` names toxics that hold just this piece. */
  push(bytes: Buffer, held?: (toxic: Toxic) => boolean): void
}

interface Piece {
  /** Null is the orderly end. */
  readonly bytes: Buffer | null
  readonly dueMs: number
  readonly held: (toxic: Toxic) => boolean
}

const never = (): boolean => false

/** Carries pieces from one socket to the other, in order, through whatever toxics there are when they pass. */
export const createLine = (
  ends: { readonly from: Socket; readonly to: Socket; readonly direction: Direction },
  weather: Weather,
): Line => {
  const { from, to, direction } = ends
  const queue: Piece[] = []
  let queuedBytes = 0
  let lastDueMs = 0
  let passedBytes = 0
  let arrived = Promise.withResolvers<void>()

  const working = (kind: Toxic['kind']): readonly WorkingToxic[] =>
    weather.toxics().filter(({ toxic }) => toxic.kind === kind && goesThrough(toxic, direction))

  const put = (bytes: Buffer | null, held: Piece['held']): void => {
    lastDueMs = Math.max(lastDueMs, performance.now())
    let dueMs = performance.now()
    for (const working_ of weather.toxics()) {
      if (!goesThrough(working_.toxic, direction)) continue
      const delayMs = delayOf(working_.toxic, bytes, lastDueMs)
      if (delayMs === undefined) continue
      working_.hit()
      dueMs = Math.max(dueMs, delayMs)
    }
    // What is behind never overtakes.
    lastDueMs = Math.max(lastDueMs, dueMs)
    queue.push({ bytes, dueMs: lastDueMs, held })
    queuedBytes += bytes?.length ?? 0
    if (queuedBytes > queuedBytesMax) from.pause()
    arrived.resolve()
  }

  /** Waits for its time, then for everything that holds it. */
  const free = async ({ dueMs, held }: Piece): Promise<void> => {
    const waitMs = dueMs - performance.now()
    if (waitMs > 0) await pause(waitMs)
    const counted = new Set<WorkingToxic>()
    for (;;) {
      const holding = [...working('black-hole'), ...weather.toxics().filter(({ toxic }) => held(toxic))]
      if (holding.length === 0 || to.destroyed) return
      for (const toxic of holding) if (!counted.has(toxic)) toxic.hit()
      for (const toxic of holding) counted.add(toxic)
      await weather.changed()
    }
  }

  const write = async (bytes: Buffer): Promise<void> => {
    const [slicer] = working('slicer')
    const size = slicer?.toxic.kind === 'slicer' ? slicer.toxic.bytes : bytes.length
    for (let at = 0; at < bytes.length; at += size) {
      await written(to, bytes.subarray(at, at + size))
      if (slicer === undefined) continue
      slicer.hit()
      await turn()
    }
  }

  const pump = async (): Promise<void> => {
    while (!to.destroyed) {
      const piece = queue.shift()
      if (piece === undefined) {
        arrived = Promise.withResolvers<void>()
        await arrived.promise
        continue
      }
      await free(piece)
      if (to.destroyed) return
      if (piece.bytes === null) {
        to.end()
        return
      }
      queuedBytes -= piece.bytes.length
      if (queuedBytes <= queuedBytesMax / 2) from.resume()
      const [limit] = working('limit-data')
      const left = limit?.toxic.kind === 'limit-data' ? limit.toxic.bytes - passedBytes : piece.bytes.length
      await write(piece.bytes.subarray(0, Math.max(0, left)))
      passedBytes += piece.bytes.length
      if (left >= piece.bytes.length) continue
      limit?.hit()
      from.destroy()
      to.destroy()
    }
  }

  let ended = false
  from.on('end', () => {
    ended = true
    put(null, never)
  })
  // A reset goes through as a reset; a socket that ended in good order lets the queue run dry first.
  from.on('error', () => to.resetAndDestroy())
  from.on('close', () => {
    if (!ended) to.destroy()
  })
  to.on('close', () => arrived.resolve())
  void pump()
  return { push: (bytes, held = never) => put(bytes, held) }
}

const goesThrough = (toxic: Toxic, direction: Direction): boolean =>
  !('direction' in toxic) || toxic.direction === undefined || toxic.direction === direction

/** When a piece that comes now may arrive; undefined where the toxic does not delay it. */
const delayOf = (toxic: Toxic, bytes: Buffer | null, busyUntilMs: number): number | undefined => {
  switch (toxic.kind) {
    case 'latency':
      return performance.now() + toxic.latencyMs + (Math.random() * 2 - 1) * (toxic.jitterMs ?? 0)
    case 'bandwidth':
      return busyUntilMs + ((bytes?.length ?? 0) / toxic.bytesPerSecond) * 1_000
    case 'slow-close':
      return bytes === null ? performance.now() + toxic.delayMs : undefined
    default:
      return undefined
  }
}

const written = (socket: Socket, bytes: Buffer): Promise<void> =>
  new Promise((resolve) => {
    // Also called when the socket is gone, which the caller sees by itself.
    socket.write(bytes, () => resolve())
  })
