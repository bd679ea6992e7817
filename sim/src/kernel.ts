import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The kernel under test: the package as it is built, or a mutant of its sources. */
export type Kernel = typeof import('@interchange/messaging') &
  Pick<typeof import('@interchange/messaging/memory'), 'createMemoryTransport'>

export const loadKernel = async (): Promise<Kernel> => ({
  ...(await import('@interchange/messaging')),
  ...(await import('@interchange/messaging/memory')),
})

/** Loads TypeScript sources from folders; Node strips the types. */
export const loadKernelFrom = async (messaging: string, _store: string): Promise<Kernel> => ({
  ...(await import(pathToFileURL(join(messaging, 'index.ts')).href)),
  ...(await import(pathToFileURL(join(messaging, 'memory', 'index.ts')).href)),
})
