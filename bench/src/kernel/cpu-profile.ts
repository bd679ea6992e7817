import { writeFile } from 'node:fs/promises'
import { Session } from 'node:inspector'
import { fileURLToPath } from 'node:url'

/** A profile as V8 writes it and as browsers and editors open it (`.cpuprofile`). */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

export interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  readonly children?: readonly number[]
}

/** Takes the profile of this process while it measures. */
export interface Profiler {
  /** Ignored the second time. */
  begin(): void
  /** Writes the file, when it was begun. */
  end(): Promise<void>
}

const samplingIntervalMicros = 500

/** Does nothing without a `path`. */
export const createProfiler = (path: string | undefined): Profiler => {
  let session: Session | undefined
  return {
    begin() {
      if (path === undefined || session !== undefined) return
      session = new Session()
      session.connect()
      // Within one thread the answers come before `post` returns.
      session.post('Profiler.enable')
      session.post('Profiler.setSamplingInterval', { interval: samplingIntervalMicros })
      session.post('Profiler.start')
    },
    async end() {
      if (path === undefined || session === undefined) return
      const own = session
      const profile = await new Promise<object>((resolve, reject) =>
        own.post('Profiler.stop', (error, answer) => (error === null ? resolve(answer.profile) : reject(error))),
      )
      own.disconnect()
      await writeFile(path, JSON.stringify(profile))
    },
  }
}

/** One function with everything below it. */
export interface Frame {
  /** `name (package/file:line)`, the same wherever the checkout lies. */
  readonly name: string
  readonly url: string
  readonly selfMicros: number
  readonly totalMicros: number
  readonly children: readonly Frame[]
}

/** The call tree below `(root)`, without the time in which nothing ran or the profiler itself did. */
export const callTree = ({ nodes, samples, timeDeltas }: CpuProfile): Frame => {
  const selfMicros = new Map<number, number>()
  for (const [index, id] of samples.entries()) {
    // The time until the next sample is spent where this one was taken.
    selfMicros.set(id, (selfMicros.get(id) ?? 0) + (timeDeltas[index + 1] ?? 0))
  }
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const frameOf = ({ id, callFrame, children = [] }: ProfileNode): Frame => {
    const below = children.flatMap((child) => {
      const node = byId.get(child)
      return node === undefined || isNoWork(node) ? [] : [frameOf(node)]
    })
    const self = selfMicros.get(id) ?? 0
    return {
      name: placeOf(callFrame),
      url: callFrame.url,
      selfMicros: self,
      totalMicros: below.reduce((sum, { totalMicros }) => sum + totalMicros, self),
      children: below,
    }
  }
  const [root] = nodes
  if (root === undefined) throw new TypeError('a profile has a root')
  return frameOf(root)
}

const isNoWork = ({ callFrame: { functionName, url } }: ProfileNode): boolean =>
  functionName === '(idle)' || url === 'node:inspector'

const placeOf = ({ functionName, url, lineNumber }: ProfileNode['callFrame']): string => {
  const name = functionName === '' ? '(anonymous)' : functionName
  if (url === '') return name
  return `${name} (${shortPath(url)}:${lineNumber + 1})`
}

/** The part of a path that says which package a file belongs to. */
export const shortPath = (url: string): string =>
  (url.startsWith('file:') ? fileURLToPath(url) : url).replace(/^.*\/(?:packages|node_modules|bench\/dist)\//, '')

/** The functions that took most time themselves, as shares of everything. */
export const hottest = (
  root: Frame,
  countMax: number,
): readonly { readonly name: string; readonly share: number }[] => {
  const micros = new Map<string, number>()
  const frames = [root]
  for (let frame = frames.pop(); frame !== undefined; frame = frames.pop()) {
    micros.set(frame.name, (micros.get(frame.name) ?? 0) + frame.selfMicros)
    frames.push(...frame.children)
  }
  return [...micros]
    .map(([name, self]) => ({ name, share: self / root.totalMicros }))
    .sort((left, right) => right.share - left.share)
    .slice(0, countMax)
}
