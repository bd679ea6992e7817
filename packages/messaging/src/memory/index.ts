export type { MemoryFaults } from './memory-faults.ts'
export { createMemoryTransport, type MemoryTransport, type MemoryTransportOptions } from './memory-transport.ts'
export { seededRandom } from './seeded-random.ts'
