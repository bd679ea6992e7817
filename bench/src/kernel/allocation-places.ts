import { Session } from 'node:inspector/promises'
import { shortPath } from './cpu-profile.ts'

/** Where memory was allocated: a function, and how much of it a message. */
export interface AllocationPlace {
  readonly place: string
  readonly bytesPerRecord: number
}

interface SampledNode {
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  readonly selfSize: number
  readonly children: readonly SampledNode[]
}

/** About one sample in so many bytes. */
const samplingInterval = 1_024
const placesMax = 15

/** Samples what `work` allocates, garbage included; the largest places first. `work` answers how many messages it handled. */
export const allocationPlaces = async (work: () => Promise<number>): Promise<readonly AllocationPlace[]> => {
  const session = new Session()
  session.connect()
  try {
    await session.post('HeapProfiler.startSampling', {
      samplingInterval,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    })
    const records = await work()
    const { profile } = await session.post('HeapProfiler.stopSampling')
    const sizes = sizesByPlace(profile.head)
    return [...sizes]
      .map(([place, size]) => ({ place, bytesPerRecord: size / records }))
      .sort((left, right) => right.bytesPerRecord - left.bytesPerRecord)
      .slice(0, placesMax)
  } finally {
    session.disconnect()
  }
}

/** What each function allocated itself, all its call paths together. */
export const sizesByPlace = (head: SampledNode): ReadonlyMap<string, number> => {
  const sizes = new Map<string, number>()
  const nodes = [head]
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    nodes.push(...node.children)
    if (node.selfSize > 0) {
      const place = placeOf(node)
      sizes.set(place, (sizes.get(place) ?? 0) + node.selfSize)
    }
  }
  return sizes
}

const placeOf = ({ callFrame: { functionName, url, lineNumber } }: SampledNode): string =>
  `${functionName === '' ? '(anonymous)' : functionName} (${url === '' ? 'engine' : `${shortPath(url)}:${lineNumber + 1}`})`
