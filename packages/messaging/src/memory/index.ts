export type { MemoryFaults } from './memory-faults.ts'
export { createMemoryTransport, type MemoryTransport, type MemoryTransportOptions } from './memory-transport.ts'
export { createMemoryWaitingRoom, type MemoryWaitingRoom } from './memory-waiting-room.ts'
export { seededRandom } from './seeded-random.ts'
