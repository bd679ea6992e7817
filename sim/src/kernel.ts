import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The kernel under test: the package as it is built, or a mutant of its sources. */
export type Kernel = typeof import('@interchange/messaging') &
  Pick<typeof import('@interchange/messaging/memory'), 'createMemoryTransport'> &
  Pick<typeof import('@interchange/store'), 'createRelay'>

export const loadKernel = async (): Promise<Kernel> => ({
  ...(await import('@interchange/messaging')),
  ...(await import('@interchange/messaging/memory')),
  createRelay: (await import('@interchange/store')).createRelay,
})

/** Loads TypeScript sources from folders; Node strips the types. */
export const loadKernelFrom = async (messaging: string, store: string): Promise<Kernel> => ({
  ...(await import(pathToFileURL(join(messaging, 'index.ts')).href)),
  ...(await import(pathToFileURL(join(messaging, 'memory', 'index.ts')).href)),
  createRelay: (await import(pathToFileURL(join(store, 'outbox', 'relay.ts')).href)).createRelay,
})
